/** Local time: every zone of the table is compared with the zones of the machine. Names that are no zone are refused. */
import { describe, expect, it } from "vitest";
import { fixedZone, isTimeZone, TimeZone } from "../../src/gateway/time-zone.ts";
import { ZONES } from "../../src/gateway/time-zones.ts";
import { settingsOf } from "./bench.ts";

const HOUR = 3600;
const FROM = Date.UTC(2020, 0, 1) / 1000;
const TO = Date.UTC(2041, 0, 1) / 1000;

const names = ZONES.split("\n").flatMap((line) =>
  line
    .split(" ")
    .slice(1)
    .flatMap((group) => {
      const at = group.lastIndexOf("/") + 1;
      return group
        .slice(at)
        .split(",")
        .map((city) => group.slice(0, at) + city);
    }),
);

/** When today's law began in these zones. One rule cannot describe the law before it too. */
const CHANGED: Readonly<Record<string, string>> = {
  "Africa/Cairo": "2023-10-27",
  "Africa/Juba": "2021-02-01",
  "America/Asuncion": "2024-10-15",
  "America/Bahia_Banderas": "2022-10-31",
  "America/Chihuahua": "2022-10-31",
  "America/Ciudad_Juarez": "2022-12-01",
  "America/Dawson": "2020-11-01",
  "America/Godthab": "2024-03-31",
  "America/Mazatlan": "2022-10-31",
  "America/Merida": "2022-10-31",
  "America/Mexico_City": "2022-10-31",
  "America/Monterrey": "2022-10-31",
  "America/Nuuk": "2024-03-31",
  "America/Ojinaga": "2022-12-01",
  "America/Coyhaique": "2025-03-21",
  "America/Edmonton": "2026-03-09",
  "America/Vancouver": "2026-03-09",
  "America/Santiago": "2022-09-12",
  "Pacific/Easter": "2022-09-12",
  "America/Scoresbysund": "2024-04-01",
  "America/Whitehorse": "2020-11-01",
  "Antarctica/Casey": "2023-03-09",
  "Antarctica/Vostok": "2023-12-18",
  "Asia/Almaty": "2024-03-01",
  "Asia/Amman": "2022-10-28",
  "Asia/Damascus": "2022-10-28",
  "Asia/Qostanay": "2024-03-01",
  "Asia/Tehran": "2022-09-22",
  "Europe/Chisinau": "2022-03-27",
  "Europe/Volgograd": "2020-12-27",
  "Pacific/Apia": "2021-04-04",
  "Pacific/Fiji": "2021-01-17",
};

/** Zones whose law the table has since this version of tzdata. A machine with older data does not know it. */
const KNOWN_SINCE: Readonly<Record<string, string>> = {
  "America/Edmonton": "2026c",
  "America/Vancouver": "2026c",
  "Europe/Chisinau": "2026c",
};

/** Daylight saving time follows the moon in these zones. The machine lists its dates. A rule cannot describe them. */
const BY_THE_MOON = ["Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Asia/Hebron"];

/** What the machine says, in minutes ahead of UTC. */
function opinionOn(name: string): (seconds: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  return (seconds) => {
    const words = format.formatToParts(seconds * 1000).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours, minutes] = words.match(/GMT(?:([+-])(\d\d):(\d\d))?/) ?? [];
    const distance = 60 * Number(hours ?? 0) + Number(minutes ?? 0);
    return sign === "-" ? -distance : distance;
  };
}

describe("a time zone", () => {
  it("is found by every name that the machine knows", () => {
    expect(Intl.supportedValuesOf("timeZone").filter((name) => !isTimeZone(name))).toEqual([]);
    expect(names.length).toBeGreaterThanOrEqual(Intl.supportedValuesOf("timeZone").length);
  });

  it.each([
    ["America/Vancouver", "2026-12-01T00:00Z", -420],
    ["America/Edmonton", "2026-12-01T00:00Z", -360],
    ["Europe/Chisinau", "2030-10-27T00:59Z", 180],
    ["Europe/Chisinau", "2030-10-27T01:00Z", 120],
  ])("has the law of tzdata 2026c in %s at %s: %i minutes", (name, at, minutes) => {
    expect(new TimeZone(name).offsetMinutes(Date.parse(at) / 1000)).toBe(minutes);
  });

  it("has the machine's offset before, at and after each change and each month, 2020 to 2040", {
    timeout: 120_000,
  }, () => {
    const wrong: string[] = [];
    const isKnown = (name: string) => (process.versions.tz ?? "") >= (KNOWN_SINCE[name] ?? "");
    for (const name of names.filter((name) => !BY_THE_MOON.includes(name) && isKnown(name))) {
      const zone = new TimeZone(name);
      const opinion = opinionOn(name);
      const from = Math.max(FROM, Date.parse(CHANGED[name] ?? "2020-01-01") / 1000);
      const moments: number[] = [];
      for (let at = from; at < TO; at += 30.4 * 24 * HOUR) moments.push(Math.floor(at));
      for (let at = zone.nextChangeSeconds(from); at < TO; at = zone.nextChangeSeconds(at))
        moments.push(at - 1, at, at + HOUR);
      const found = moments.find((at) => zone.offsetMinutes(at) !== opinion(at));
      if (found !== undefined)
        wrong.push(`${name} ${new Date(found * 1000).toISOString()}: ${zone.offsetMinutes(found)}, ${opinion(found)}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ["CET-1CEST,M3.5.0,M10.5.0/3", "Europe/Berlin"],
    ["<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "Australia/Lord_Howe"],
    ["IST-1GMT0,M10.5.0,M3.5.0/1", "Europe/Dublin"],
    ["<-01>1<+00>,M3.5.0/0,M10.5.0/1", "Atlantic/Azores"],
    ["<+0545>-5:45", "Asia/Kathmandu"],
  ])("may be a rule of POSIX: %s is %s", (rule, name) => {
    const [a, b] = [new TimeZone(rule), new TimeZone(name)];
    for (let at = FROM; at < TO; at += 5 * 24 * HOUR) expect(a.offsetMinutes(at)).toBe(b.offsetMinutes(at));
    expect(settingsOf({ "screen.timeZone": rule }).screen.timeZone).toBe(rule);
  });

  it.each([
    "",
    "Berlin",
    "Europe",
    "Europe/",
    "Europe/Berlin,Paris",
    "-1",
    "UTC+1",
    "EST5",
    "EST5EDT,M3.2.0",
    "EST5EDT,M13.2.0,M11.1.0",
    "EST5EDT,M3.6.0,M11.1.0",
    "EST5EDT,M3.2.7,M11.1.0",
    "EST5EDT,J60,J300",
    "EST5EDT,M3.2.0/200,M11.1.0",
    "EST5EDT,M3.2.0,M11.1.0,M12.1.0",
    "<+01>1:60",
  ])("is not %j, and the setting is refused by name", (text) => {
    expect(isTimeZone(text)).toBe(false);
    expect(() => settingsOf({ "screen.timeZone": text })).toThrow("setting screen.timeZone");
  });

  it("gives way to `screen.utcOffset` if that was set last", () => {
    expect(settingsOf({ "screen.utcOffset": -210 }).screen.timeZone).toBe(fixedZone(-210));
    expect(new TimeZone(fixedZone(-210)).offsetMinutes(FROM)).toBe(-210);
    expect(new TimeZone(fixedZone(345)).offsetMinutes(FROM)).toBe(345);
    const both = { "screen.timeZone": "Asia/Tokyo", "screen.utcOffset": 60 };
    expect(new TimeZone(settingsOf(both).screen.timeZone).offsetMinutes(FROM)).toBe(60);
    expect(settingsOf({ "screen.utcOffset": 60, "screen.timeZone": "Asia/Tokyo" }).screen.timeZone).toBe("Asia/Tokyo");
  });

  it("has an answer at any time", () => {
    const zone = new TimeZone("Europe/Berlin");
    for (const seconds of [-1e10, 0, 2 ** 31, 2 ** 32, 1e12]) expect([60, 120]).toContain(zone.offsetMinutes(seconds));
  });
});
