import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

/**
 * Names at the end what was skipped, one line for each test or group: `SKIPPED: <file> > <name>`. The
 * name says why. Says nothing where tests were chosen by name, for then all others are skipped.
 */
export function skippedReporter(): Reporter {
  let isChoice = false;
  return {
    onInit(vitest) {
      isChoice = vitest.config.testNamePattern !== undefined;
    },
    onTestRunEnd(modules) {
      if (isChoice) return;
      for (const module of modules) {
        for (const name of skipped(module)) {
          console.log(`SKIPPED: ${module.relativeModuleId} > ${name}`);
        }
      }
    },
  };
}

/** The outermost that are skipped: within a skipped group every test is. */
function skipped(parent: TestModule | TestSuite): string[] {
  return [...parent.children].flatMap((child) => {
    if (isSkipped(child)) return [child.fullName];
    return child.type === "suite" ? skipped(child) : [];
  });
}

function isSkipped(child: TestCase | TestSuite): boolean {
  if (child.type === "test") return child.result().state === "skipped";
  return child.options.mode === "skip";
}
