// Runs the bundled tests on one backend and writes the status of each spec: `node run.cjs bundle results`.
const { writeFileSync } = require("node:fs");
const jasmineRequire = require("jasmine-core/lib/jasmine-core/jasmine.js");

const [bundle, results] = process.argv.slice(2);
const jasmine = jasmineRequire.core(jasmineRequire);
const env = jasmine.getEnv({ suppressLoadErrors: true });
Object.assign(globalThis, jasmineRequire.interface(jasmine, env), { jasmine });
jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
env.configure({ random: false, failSpecWithNoExpectations: false });

const statuses = {};
env.addReporter({
  specDone({ fullName, status, failedExpectations }) {
    statuses[fullName] = { status, message: failedExpectations[0]?.message };
  },
});
require(bundle);
env.execute().then(() => {
  writeFileSync(results, JSON.stringify(statuses));
  process.exit(0);
});
