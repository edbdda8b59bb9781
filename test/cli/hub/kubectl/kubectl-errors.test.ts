import { expect, test } from "vitest";
import { explain } from "../../../../cli/hub/kubectl/kubectl-errors.ts";

/** What kubectl of several versions says if there is no kubeconfig at all. */
test.each([
  "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
  'E1128 12:00:00.000000   99 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list: Get \\"http://localhost:8080/api?timeout=32s\\": dial tcp 127.0.0.1:8080: connect: connection refused"',
  "Unable to connect to the server: dial tcp [::1]:8080: connect: connection refused",
])("no hub: %s", (said) => {
  const { kind, message } = explain(said, undefined);
  expect([kind, message]).toEqual([
    "context",
    "kubectl has no kubeconfig, so it does not know the hub. Make the hub first (flotilla deploy), or give its kubeconfig: --kubeconfig FILE",
  ]);
});

test("a hub that is away is not a missing one", () => {
  const { kind, message } = explain(
    "Unable to connect to the server: dial tcp 203.0.113.9:443: i/o timeout",
    "hub",
  );
  expect(kind).toBe("unreachable");
  expect(message).toContain("the cluster of context hub can't be reached");
});

/** What the API server says about a pod that it passes a request on to. */
test.each([
  "Error from server (ServiceUnavailable): error trying to reach service: dial tcp 10.0.0.1:9586: connect: network is unreachable",
  "Error from server: error trying to reach service: dial tcp 127.0.0.1:8080: connect: connection refused",
  "Error from server (InternalError): error trying to reach service: proxy error from 127.0.0.1:6443 while dialing 10.42.0.9:9586, code 502: 502 Bad Gateway",
  "Error from server: error trying to reach service: x509: certificate signed by unknown authority",
])("a pod that can't be reached is not a hub that is away: %s", (said) => {
  const { kind, message } = explain(said, "hub");
  expect(kind).toBe("other");
  expect(message).toContain("the API server of the cluster of context hub can't reach a pod (");
});

test.each([
  "error: You must be logged in to the server (Unauthorized)",
  "error: You must be logged in to the server (the server has asked for the client to provide credentials)",
  "Unable to connect to the server: getting credentials: exec: executable gke-gcloud-auth-plugin failed with exit code 1",
  'unexpected status code 401 for "https://hub.example/api"',
])("a login that is refused: %s", (said) => {
  expect(explain(said, "hub").kind).toBe("login");
});

test.each([
  ["absent", 'Error from server (NotFound): secrets "pos-401" not found'],
  ["absent", 'Error from server (NotFound): pods "till-7d4017c9b-x401z" not found'],
  ["forbidden", 'Error from server (Forbidden): User "ada" cannot get path "/x401"'],
  ["other", "E1128 12:00:00.401401   18401 memcache.go:401] something else"],
])("digits are no login that is refused: %s, %s", (kind, said) => {
  expect(explain(said, "hub").kind).toBe(kind);
});
