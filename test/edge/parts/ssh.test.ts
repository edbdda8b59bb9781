import { expect, it } from "vitest";
import { ssh } from "../../../edge/parts/ssh.ts";
import { context } from "./context.ts";

it("lets the fleet's keys in as core", () => {
  const { fleet } = context("store-01");
  expect(ssh(context("store-01"))).toEqual({
    users: [{ name: "core", ssh_authorized_keys: fleet.sshKeys }],
  });
});

it("lets nobody in where the fleet has no key", () => {
  const { fleet, ...rest } = context("store-01");
  expect(ssh({ ...rest, fleet: { ...fleet, sshKeys: [] } })).toEqual({});
});
