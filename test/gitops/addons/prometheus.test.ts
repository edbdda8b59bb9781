import { describe, expect, test } from "vitest";
import { nodeExporter } from "../../../gitops/addons/node-exporter.ts";
import { prometheus } from "../../../gitops/addons/prometheus.ts";
import { monitors } from "../../../gitops/monitoring/monitors.ts";
import { mistakesIn, objectsOf, platformFleet, samplePlatform, withDevices } from "./platform.ts";

const fleet = platformFleet();
const valuesOf = (options: Readonly<Record<string, unknown>> = {}) =>
  prometheus.release(platformFleet({ prometheus: options })).values;
const claimName = "prometheus-monitoring-prometheus-db-prometheus-monitoring-prometheus-0";

describe("the chart's values", () => {
  test("take metrics from devices, also late ones, and every add-on's rules", () => {
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

  test("leave what is Google's alone", () => {
    const values = valuesOf();
    for (const part of ["kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"]) {
      expect(values[part], part).toEqual({ enabled: false });
    }
  });

  test("are overridden by free ones", () => {
    const values = { prometheus: { prometheusSpec: { retention: "5d" } }, coreDns: {} };
    expect(valuesOf({ values })).toMatchObject({
      prometheus: { prometheusSpec: { retention: "5d", scrapeInterval: "60s" } },
      coreDns: { enabled: false },
    });
  });
});

describe("its size", () => {
  const shape = (one: typeof fleet) => {
    const values = prometheus.release(one).values as {
      prometheus: { prometheusSpec: Record<string, unknown> };
    };
    const { retentionSize, resources } = values.prometheus.prometheusSpec;
    const claim = objectsOf(prometheus, one)[`PersistentVolumeClaim ${claimName}`] as {
      spec: { resources: { requests: { storage: string } } };
    };
    return { retentionSize, resources, storage: claim.spec.resources.requests.storage };
  };

  test("follows the devices in steps that are far apart", () => {
    const at = (count: number) => shape(withDevices(fleet, count)).storage;
    expect([1, 200, 300, 1000, 2000].map(at)).toEqual(["30Gi", "30Gi", "60Gi", "60Gi", "250Gi"]);
  });

  test("leaves a part of the disk free", () => {
    for (const size of ["small", "medium", "large"]) {
      const { retentionSize, storage } = shape(platformFleet({ prometheus: { size } }));
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
    expect(objectsOf(prometheus, fleet)[`PersistentVolumeClaim ${claimName}`]).toMatchObject({
      metadata: {
        annotations: { "argocd.argoproj.io/sync-options": "Prune=false,Delete=false" },
      },
    });
  });
});

describe("Grafana", () => {
  const ini = (administrators: string | null) => {
    const login = { github: { organization: "harbor", administrators } };
    const values = prometheus.release(platformFleet({}, { login })).values as {
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

  test("knows no password", () => {
    expect(ini(null)["auth"]).toEqual({ disable_login_form: true });
    expect(valuesOf()).toMatchObject({
      grafana: {
        env: { GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: "true" },
        sidecar: { dashboards: { skipReload: true }, datasources: { skipReload: true } },
      },
    });
    expect(objectsOf(prometheus, fleet)["ExternalSecret grafana-login"]).toMatchObject({
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

  test("go to nobody by default, and ask for no secret", () => {
    const { config, alertmanagerSpec } = configOf({});
    expect(config.route.receiver).toBe("null");
    expect(config.receivers).toEqual([{ name: "null" }]);
    expect(alertmanagerSpec.secrets).toEqual([]);
    expect(
      Object.keys(objectsOf(prometheus, fleet)).filter((name) => name.includes("alerts-")),
    ).toEqual([]);
  });

  test("go to a web hook and to a mailbox, whose secrets are files", () => {
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
    const alerting = platformFleet({ prometheus: { alerts: { webhook: true, smtp } } });
    expect(objectsOf(prometheus, alerting)["ExternalSecret alerts-smtp"]).toMatchObject({
      spec: {
        data: [
          { secretKey: "password", remoteRef: { key: "harbor-alerts-smtp", property: "password" } },
        ],
      },
    });
    expect(prometheus.network(alerting).to).toContainEqual({ ports: [10250, 9100, 587] });
  });

  test("of a device that is away are one", () => {
    expect(configOf({}).config.inhibit_rules).toContainEqual({
      source_matchers: ["alertname = FleetDeviceAway"],
      target_matchers: ["alertname =~ Fleet.*", "alertname != FleetDeviceAway"],
      equal: ["device"],
    });
  });
});

describe("its own objects", () => {
  test("are pages, monitors, rules, dashboards, a disk and a secret", () => {
    expect(Object.keys(objectsOf(prometheus, fleet)).toSorted()).toEqual(
      [
        "ConfigMap dashboard-fleet-disk",
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

  test("the gateway's figures carry the device's name alone", () => {
    expect(objectsOf(prometheus, fleet)["PodMonitor gateway"]).toMatchObject({
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

  test("Prometheus may reach every pod that it asks", () => {
    const { to } = prometheus.network(fleet);
    for (const { namespace, ports } of monitors) {
      expect(to).toContainEqual({ namespaces: [namespace], ports });
    }
  });

  test("the collectors of the devices' metrics, Argo CD and the ingress may reach it", () => {
    expect(prometheus.network(fleet).from).toEqual([
      { namespaces: ["nginx-ingress"], ports: [3000, 9090, 9093] },
      { namespaces: ["flotilla-gateway"], ports: [9090] },
      { namespaces: ["argocd"], ports: [9093] },
      { ports: [10250] },
    ]);
  });

  test("nothing of it depends on a device", () => {
    const one = { ...fleet, devices: fleet.devices.slice(0, 1) };
    expect(JSON.stringify(prometheus.release(one))).toBe(JSON.stringify(prometheus.release(fleet)));
  });
});

describe("node-exporter", () => {
  test("is the only part of the chart in its namespace", () => {
    const { values } = nodeExporter.release(fleet);
    expect(nodeExporter.chart).toBe(prometheus.chart);
    const on = Object.entries(values).filter(
      ([, value]) => (value as { enabled?: boolean }).enabled === true,
    );
    expect(on.map(([name]) => name)).toEqual(["nodeExporter"]);
    expect(nodeExporter.namespace.podSecurity).toBe("privileged");
    expect(prometheus.namespace.podSecurity).toBe("restricted");
  });
});

describe("bad input", () => {
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
