export { LocalServer } from '../jobs/localServer.ts';
