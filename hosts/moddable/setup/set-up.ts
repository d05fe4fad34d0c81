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
   */
  tryOut(
    changes: Readonly<Record<string, string | null>>,
    onStep: (step: string) => void,
    done: (problems: readonly string[]) => void,
  ): void {
    const end = (problems: readonly string[]) => {
      this.isTrying = false;
      this.isDone ||= problems.length === 0;
      done(problems);
      if (problems.length === 0) this.onKept();
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
    trial.start(checked.settings, checked.own);
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
