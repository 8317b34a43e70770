/** Version of the server's protocol and state files, in GET /health. */
export const VERSION = '0.1.0';
