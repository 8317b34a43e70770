/** Of the server's protocol and state files; told by GET /health. */
export const VERSION = '0.1.0';
