import path from 'node:path';
import { builtForTests } from '../../scripts/lib/builtForTests.ts';

/** The command line as it is now, bundled: read from source it takes seconds to start on a busy machine. */
export const BUILT_CLI = path.join(builtForTests, 'cli.js');
