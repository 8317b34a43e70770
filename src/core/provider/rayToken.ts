/** Environment variable with the token of a cluster's dashboard, for the server of a connection and its trainer. */
export const RAY_TOKEN = 'TUNING_FORK_RAY_TOKEN';
