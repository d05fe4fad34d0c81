/**
 * The page of set-up as a server: what each request gets. The page asks `/state` again and again. `/try` begins a trial with the settings
 * in its body, a JSON object. Requests for other hosts come from phones that look whether they reach the internet. They are sent
 * to the page, so that it opens by itself.
 */
import { messageOf } from "../../../src/errors.ts";
import { decodeSetupCode } from "../../../src/payload/setup-code.ts";
import { decodeUtf8, encodeUtf8 } from "../../../src/utf8.ts";
import type { HttpAnswer, HttpBody, HttpRequest } from "./http.ts";
import type { VisibleNetwork } from "./visible-network.ts";

/** Changes of settings, as `SetUp` takes them. */
type Changes = Readonly<Record<string, string | null>>;

/** The name of a set-up code among the values of the page. */
const CODE = "code";

const JSON_TYPE = "application/json";

/** What the page asks of the device. */
export interface PortalDevice {
  /** The values of the page's settings by name. Of a secret: whether there is one. */
  values(): Readonly<Record<string, string | number | boolean>>;
  /** Looks for networks, and calls `done` later. Throws where it cannot. */
  scan(done: (networks: readonly VisibleNetwork[]) => void): void;
  /** Tries these settings, and keeps them if they are good. null: back to what holds without it. `done` gets what is wrong. */
  tryOut(
    changes: Readonly<Record<string, string | null>>,
    onStep: (step: string) => void,
    done: (problems: readonly string[]) => void,
  ): void;
}

export class Portal {
  private readonly device: PortalDevice;
  private readonly page: HttpBody;
  private readonly address: string;
  private networks: readonly VisibleNetwork[] = [];
  private isScanning = false;
  private steps: string[] = [];
  private state: "ready" | "trying" | "failed" | "done" = "ready";
  /** Why the last trial failed, or why set-up began. */
  private problems: readonly string[];

  /**
   * @param page the HTML
   * @param address of the device, as it stands in an URL, with a port where that is not 80
   */
  constructor(device: PortalDevice, page: HttpBody, address: string, problems: readonly string[]) {
    this.device = device;
    this.page = page;
    this.address = address;
    this.problems = problems;
  }

  /** Looks for networks. It does not throw. */
  scan(): void {
    if (this.isScanning || this.state === "trying") return;
    this.isScanning = true;
    try {
      this.device.scan((networks) => {
        this.isScanning = false;
        this.networks = networks;
      });
    } catch {
      // The name of a network can be typed in.
      this.isScanning = false;
    }
  }

  handleRequest(request: HttpRequest): HttpAnswer {
    const { method, path, host } = request;
    const isHere = host === (this.address.split(":")[0] as string);
    if (!isHere && method !== "POST") return { status: 302, location: `http://${this.address}/` };
    const isRead = method === "GET" || method === "HEAD";
    switch (path) {
      case "/":
        return isRead ? { status: 200, contentType: "text/html; charset=utf-8", body: this.page } : { status: 405 };
      case "/state":
        return isRead ? { status: 200, contentType: JSON_TYPE, body: bodyOf(this.describe()) } : { status: 405 };
      case "/scan":
      case "/try":
        if (method !== "POST") return { status: 405 };
        // A page of another site cannot send this type without asking first, and gets no answer to that.
        if (!isHere || request.contentType !== JSON_TYPE) return { status: 415 };
        return path === "/try" ? this.handleTry(request.body) : this.handleScan();
      default:
        return { status: 404 };
    }
  }

  private handleScan(): HttpAnswer {
    this.scan();
    return { status: 202 };
  }

  private handleTry(body: Uint8Array): HttpAnswer {
    if (this.state === "trying" || this.state === "done") return { status: 409 };
    const changes = changesOf(body);
    if (!changes) return { status: 400 };
    this.state = "trying";
    this.steps = [];
    this.problems = [];
    const done = (problems: readonly string[]) => {
      this.state = problems.length > 0 ? "failed" : "done";
      this.problems = problems;
    };
    try {
      this.device.tryOut(withCode(changes), (step) => this.steps.push(step), done);
    } catch (error) {
      done([messageOf(error)]);
    }
    return { status: 202 };
  }

  private describe(): unknown {
    return {
      state: this.state,
      steps: this.steps,
      problems: this.problems,
      networks: this.networks,
      isScanning: this.isScanning,
      values: this.device.values(),
    };
  }
}

/** Puts the settings of a set-up code in its place. Other values of the page go before those of the code. Throws a `FormatError`. */
function withCode({ [CODE]: code, ...others }: Changes): Changes {
  return code ? { ...decodeSetupCode(encodeUtf8(code)), ...others } : others;
}

/** Reads a JSON object of texts and nulls. undefined for anything else. */
function changesOf(body: Uint8Array): Changes | undefined {
  try {
    const changes: unknown = JSON.parse(decodeUtf8(body, 0, body.length, "body"));
    if (typeof changes !== "object" || changes === null || Array.isArray(changes)) return undefined;
    const isText = (value: unknown) => value === null || typeof value === "string";
    return Object.values(changes).every(isText) ? (changes as Changes) : undefined;
  } catch {
    return undefined;
  }
}

function bodyOf(value: unknown): ArrayBuffer {
  return encodeUtf8(JSON.stringify(value)).buffer as ArrayBuffer;
}
