import { App } from "cdk8s";
import { describe, expect, test } from "vitest";
import { Prometheus, prometheus } from "../../../gitops/addons/prometheus.ts";
import type { PrometheusProps } from "../../../gitops/addons/prometheus.ts";
import { sizeClasses } from "../../../gitops/addons/size-class.ts";
import { monitors } from "../../../gitops/monitoring/monitors.ts";
import { mistakesIn, networkOf, objectsOf, parsed, samplePlatform } from "./platform.ts";
import * as platform from "./platform.ts";

type Options = Readonly<Record<string, unknown>>;

function addon(options: Options = {}, changes: Partial<PrometheusProps> = {}): Prometheus {
  const { hosts, email, login } = samplePlatform;
  const { size = "small", ...rest } = parsed(prometheus, options);
  return new Prometheus(new App(), "prometheus", {
    ...rest,
    size,
    fleet: "harbor",
    hosts,
    email,
    login,
    ...changes,
  });
}

const valuesOf = (options: Options = {}) => platform.valuesOf(addon(options));
const claimName = "prometheus-monitoring-prometheus-db-prometheus-monitoring-prometheus-0";

describe("the chart's values", () => {
  test("accept metrics from devices, even late ones, and every add-on's rules", () => {
    expect(valuesOf()).toMatchObject({
      fullnameOverride: "monitoring",
      prometheus: {
        prometheusSpec: {
          enableRemoteWriteReceiver: true,
          tsdb: { outOfOrderTimeWindow: "24h" },
          ruleSelectorNilUsesHelmValues: false,
          podMonitorSelectorNilUsesHelmValues: false,
          serviceMonitorSelectorNilUsesHelmValues: false,
          externalUrl: "https://prometheus.edge.harbor.example",
        },
      },
    });
  });

  test("do not monitor Google's components", () => {
    const values = valuesOf();
    for (const part of ["kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"]) {
      expect(values[part], part).toEqual({ enabled: false });
    }
  });

  test("are overridden by the user's own", () => {
    const values = { prometheus: { prometheusSpec: { retention: "5d" } }, coreDns: {} };
    expect(valuesOf({ values })).toMatchObject({
      prometheus: { prometheusSpec: { retention: "5d", scrapeInterval: "60s" } },
      coreDns: { enabled: false },
    });
  });
});

describe("its size", () => {
  const capacity = (size: string) => {
    const values = valuesOf({ size }) as {
      prometheus: { prometheusSpec: Record<string, unknown> };
    };
    const { retentionSize, resources } = values.prometheus.prometheusSpec;
    const claim = objectsOf(addon({ size }))[`PersistentVolumeClaim ${claimName}`] as {
      spec: { resources: { requests: { storage: string } } };
    };
    return { retentionSize, resources, storage: claim.spec.resources.requests.storage };
  };

  test("sets the disk", () => {
    expect(sizeClasses.map((size) => capacity(size).storage)).toEqual(["30Gi", "60Gi", "250Gi"]);
  });

  test("leaves a part of the disk free", () => {
    for (const size of sizeClasses) {
      const { retentionSize, storage } = capacity(size);
      const share = Number.parseInt(String(retentionSize)) / (Number.parseInt(storage) * 1024);
      expect(share, size).toBeCloseTo(0.85, 3);
    }
  });

  test("and its retention can be chosen", () => {
    expect(valuesOf({ size: "large", retentionDays: 400 })).toMatchObject({
      prometheus: {
        prometheusSpec: { retention: "400d", resources: { limits: { memory: "16384Mi" } } },
      },
    });
  });

  test("grows the disk by an object that Argo CD never deletes", () => {
    expect(objectsOf(addon())[`PersistentVolumeClaim ${claimName}`]).toMatchObject({
      metadata: {
        annotations: { "argocd.argoproj.io/sync-options": "Prune=false,Delete=false" },
      },
    });
  });
});

describe("Grafana", () => {
  const ini = (administrators: string | null) => {
    const login = { github: { organization: "harbor", administrators } };
    const values = platform.valuesOf(addon({}, { login })) as {
      grafana: { "grafana.ini": Record<string, Record<string, unknown>> };
    };
    return values.grafana["grafana.ini"];
  };

  test("makes the team administrators, and everyone else viewers", () => {
    expect(ini("platform-team")["auth.github"]).toMatchObject({
      enabled: true,
      auto_login: true,
      allowed_organizations: "harbor",
      role_attribute_path: "contains(groups[*], '@harbor/platform-team') && 'Admin' || 'Viewer'",
    });
    expect(ini(null)["auth.github"]).toMatchObject({ role_attribute_path: "'Viewer'" });
  });

  test("has no password", () => {
    expect(ini(null)["auth"]).toEqual({ disable_login_form: true });
    expect(valuesOf()).toMatchObject({
      grafana: {
        env: { GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: "true" },
        sidecar: { dashboards: { skipReload: true }, datasources: { skipReload: true } },
      },
    });
    expect(objectsOf(addon())["ExternalSecret grafana-login"]).toMatchObject({
      spec: {
        data: [
          { secretKey: "clientId", remoteRef: { key: "harbor-login", property: "clientId" } },
          { secretKey: "clientSecret", remoteRef: { key: "harbor-login" } },
        ],
      },
    });
  });
});

describe("alerts", () => {
  const smtp = { server: "smtp.example.com:587", from: "hub@example.com", user: "hub" };
  const configOf = (alerts: unknown) => {
    const values = valuesOf({ alerts }) as {
      alertmanager: {
        config: { route: { receiver: string }; receivers: unknown[]; inhibit_rules: unknown[] };
        alertmanagerSpec: { secrets: string[] };
      };
    };
    return values.alertmanager;
  };

  test("are sent to no one by default, and need no secret", () => {
    const { config, alertmanagerSpec } = configOf({});
    expect(config.route.receiver).toBe("null");
    expect(config.receivers).toEqual([{ name: "null" }]);
    expect(alertmanagerSpec.secrets).toEqual([]);
    expect(Object.keys(objectsOf(addon())).filter((name) => name.includes("alerts-"))).toEqual([]);
  });

  test("are sent to a webhook and a mailbox, and their secrets are files", () => {
    const { config, alertmanagerSpec } = configOf({ webhook: true, smtp });
    expect(config.route.receiver).toBe("operators");
    expect(config.receivers[1]).toEqual({
      name: "operators",
      webhook_configs: [
        { url_file: "/etc/alertmanager/secrets/alerts-webhook/url", send_resolved: true },
      ],
      email_configs: [
        {
          to: samplePlatform.email,
          from: "hub@example.com",
          smarthost: "smtp.example.com:587",
          auth_username: "hub",
          auth_password_file: "/etc/alertmanager/secrets/alerts-smtp/password",
          require_tls: true,
          send_resolved: true,
        },
      ],
    });
    expect(alertmanagerSpec.secrets).toEqual(["alerts-webhook", "alerts-smtp"]);
    const alerting = addon({ alerts: { webhook: true, smtp } });
    expect(objectsOf(alerting)["ExternalSecret alerts-smtp"]).toMatchObject({
      spec: {
        data: [
          { secretKey: "password", remoteRef: { key: "harbor-alerts-smtp", property: "password" } },
        ],
      },
    });
    expect(networkOf(alerting).to).toContainEqual({ ports: [10250, 9100, 587] });
  });

  test("of a device that is away become one", () => {
    expect(configOf({}).config.inhibit_rules).toContainEqual({
      source_matchers: ["alertname = FleetDeviceAway"],
      target_matchers: ["alertname =~ Fleet.*", "alertname != FleetDeviceAway"],
      equal: ["device"],
    });
  });
});

describe("its own objects", () => {
  test("are hosts, monitors, rules, dashboards, a disk and a secret", () => {
    expect(Object.keys(objectsOf(addon())).toSorted()).toEqual(
      [
        "ConfigMap dashboard-fleet-disk",
        "ConfigMap dashboard-fleet-runbooks",
        "ConfigMap dashboard-fleet-presence",
        "ConfigMap dashboard-fleet-synchronization",
        "ConfigMap dashboard-fleet-temperature",
        "ConfigMap dashboard-fleet-versions",
        "ExternalSecret grafana-login",
        "Ingress grafana",
        "Ingress monitoring-alertmanager",
        "Ingress monitoring-prometheus",
        `PersistentVolumeClaim ${claimName}`,
        ...monitors.map(({ name }) => `PodMonitor ${name}`),
        "PrometheusRule fleet",
      ].toSorted(),
    );
  });

  test("the gateway's figures carry only the device's name", () => {
    expect(objectsOf(addon())["PodMonitor gateway"]).toMatchObject({
      spec: {
        namespaceSelector: { matchNames: ["flotilla-gateway"] },
        podMetricsEndpoints: [
          {
            port: "metrics",
            honorLabels: true,
            metricRelabelings: [
              { sourceLabels: ["friendly_name"], targetLabel: "device" },
              { regex: "friendly_name|public_key|allowed_ips", action: "labeldrop" },
            ],
          },
        ],
      },
    });
  });

  test("Prometheus may reach every pod from which it reads", () => {
    const { to } = networkOf(addon());
    for (const { namespace, ports } of monitors) {
      expect(to).toContainEqual({ namespaces: [namespace], ports });
    }
  });

  test("the collectors of the devices' metrics, Argo CD and the ingress may reach it", () => {
    expect(networkOf(addon()).from).toEqual([
      { namespaces: ["nginx-ingress"], ports: [3000, 9090, 9093] },
      { namespaces: ["flotilla-gateway"], ports: [9090] },
      { namespaces: ["kube-system"], ports: [9090] },
      { namespaces: ["argocd"], ports: [9093] },
      { ports: [10250] },
    ]);
  });

  test("hosts need the ingress controller, and Secrets External Secrets", () => {
    const without = addon({}, { hasIngress: false, hasExternalSecrets: false });
    const kinds = Object.keys(objectsOf(without)).map((name) => name.split(" ")[0]);
    expect(new Set(kinds)).toEqual(
      new Set(["ConfigMap", "PersistentVolumeClaim", "PodMonitor", "PrometheusRule"]),
    );
  });
});

describe("bad input", () => {
  test.each([
    [65_535, []],
    [65_536, [expect.stringContaining("is not a valid mail server")]],
    [99_999, [expect.stringContaining("is not a valid mail server")]],
  ])("a mail server has the port %i, and so has a network policy", (port, mistakes) => {
    const smtp = `{ server: "smtp.example.com:${port}", from: a@example.com, user: hub }`;
    expect(mistakesIn(`prometheus: { alerts: { smtp: ${smtp} } }\n`)).toEqual(mistakes);
  });

  test("is refused at its place, with what to write instead", () => {
    expect(
      mistakesIn(`prometheus:
  size: huge
  retentionDays: 0
  alerts:
    smtp: { server: smtp.example.com, from: nobody, user: hub }
    pager: true
`),
    ).toMatchInlineSnapshot(`
      [
        "14:13: platform.addons.prometheus.size: found "huge". Write one of: small, medium, large.",
        "15:22: platform.addons.prometheus.retentionDays: 0 is too small. Write at least 1.",
        "17:25: platform.addons.prometheus.alerts.smtp.server: "smtp.example.com" is not a valid mail server. Write a host and a port, like smtp.example.com:587.",
        "17:49: platform.addons.prometheus.alerts.smtp.from: this is not a valid e-mail address. Write one like alerts@example.com.",
        "18:9: platform.addons.prometheus.alerts.pager: unknown key "pager". Known keys: webhook, smtp.",
      ]
    `);
  });
});
