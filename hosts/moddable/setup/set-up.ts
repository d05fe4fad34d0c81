import type { CheckedSettings, DeviceSettings } from "../device-settings.ts";
import { Trial, type TrialPlatform } from "./trial.ts";

/** Changes what a device keeps: it checks the changes, tries them, and keeps them if they are good. One at a time. */
export class SetUp {
  private readonly settings: DeviceSettings;
  private readonly platform: TrialPlatform;
  private readonly onKept: () => void;
  private isTrying = false;
  /** Changes have been kept. */
  isDone = false;

  /** @param onKept is called when changes have been kept */
  constructor(settings: DeviceSettings, platform: TrialPlatform, onKept: () => void) {
    this.settings = settings;
    this.platform = platform;
    this.onKept = onKept;
  }

  /**
   * Tries these changes. null takes a kept value away. When they are not good, nothing changes.
   * @param onStep is told each step, in words
   * @param done is called once, with what is wrong, one sentence each; never within this call
   * @param isNetworkAlone only the network is tried, and set-up goes on when it is kept
   */
  tryOut(
    changes: Readonly<Record<string, string | null>>,
    onStep: (step: string) => void,
    done: (problems: readonly string[]) => void,
    isNetworkAlone = false,
  ): void {
    const end = (problems: readonly string[]) => {
      this.isTrying = false;
      const isDone = problems.length === 0 && !isNetworkAlone;
      this.isDone ||= isDone;
      done(problems);
      if (isDone) this.onKept();
    };
    if (this.isTrying) throw new Error("another set-up is being tried");
    this.isTrying = true;
    let checked: CheckedSettings;
    try {
      checked = this.settings.tryChanges(changes);
    } catch (error) {
      checked = { errors: [String(error)] };
    }
    if ("errors" in checked) {
      const { errors } = checked;
      this.platform.setTimer(0, () => end(errors));
      return;
    }
    const trial = new Trial(this.platform, onStep, (problem) => {
      end(problem === undefined ? this.keep(changes) : [problem]);
    });
    trial.start(checked.settings, checked.own, isNetworkAlone);
  }

  private keep(changes: Readonly<Record<string, string | null>>): readonly string[] {
    try {
      this.settings.keep(changes);
      return [];
    } catch (error) {
      this.platform.network.leave();
      return [String(error)];
    }
  }
}
