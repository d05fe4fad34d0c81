import { expect, it } from "vitest";
import { Contact } from "../../src/sensor/contact.ts";

it("a contact counts as open or closed when it has been so for a while, and not while it bounces", () => {
  const contact = new Contact(50);
  const samples: readonly (readonly [nowMs: number, isOpen: boolean])[] = [
    [0, false],
    [49, false],
    [50, false],
    [100, true],
    [110, false],
    [120, true],
    [169, true],
    [170, true],
    [180, false],
    [200, true],
    [300, true],
  ];
  const changes = samples.filter(([nowMs, isOpen]) => contact.handleSample(isOpen, nowMs));
  expect(changes).toEqual([
    [50, false],
    [170, true],
  ]);
  expect(contact.isOpen).toBe(true);
});

it("a contact has no state before it has been steady", () => {
  const contact = new Contact(50);
  contact.handleSample(true, 0);
  expect(contact.isOpen).toBeUndefined();
});
