export { ConnectionStore, LOCAL_CONNECTION } from '../jobs/connectionStore.ts';
