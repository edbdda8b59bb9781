/**
 * Who receives alerts: a webhook, a mailbox, or nobody. Nobody is the default: alerts are then shown
 * by Alertmanager and Grafana only. Secrets come from Google Secret Manager as files.
 *
 * Settings: prometheus.io/docs/alerting, "Alerting configuration", for Alertmanager 0.34.
 */
import { Construct } from "constructs";
import { z } from "zod";
import { cloudSecretName } from "../../fleet/model/contract.ts";
import type { Values } from "../../fleet/model/values.ts";
import { matching } from "../../fleet/grammar/value-schemas.ts";
import { SharedSecret } from "./shared-secret.ts";

export const alertsOption = z
  .strictObject({
    webhook: z
      .boolean()
      .default(false)
      .describe("Send alerts to the URL in the secret <fleet>-alerts-webhook, key url."),
    smtp: z
      .strictObject({
        server: matching(
          /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/,
          "a valid mail server. Write a host and a port, like smtp.example.com:587.",
        ).describe("It must support TLS."),
        from: z
          .email({
            error: "this is not a valid e-mail address. Write one like alerts@example.com.",
          })
          .describe("Sender of the mails."),
        user: z.string().min(1).describe("User name at the mail server."),
      })
      .optional()
      .describe(
        "Alerts are mailed to platform.email; the password is in the secret <fleet>-alerts-smtp, key password.",
      ),
  })
  .prefault({})
  .describe("Who receives alerts; default: nobody, Alertmanager only shows them.");

export type AlertsOptions = z.output<typeof alertsOption>;

interface SecretFile {
  /** The name of the Kubernetes Secret; in Secret Manager the name of the fleet is in front. */
  readonly name: string;
  /** The key of the JSON object in Secret Manager, and of the Secret. */
  readonly key: string;
}

const webhookSecret: SecretFile = { name: "alerts-webhook", key: "url" };
const smtpSecret: SecretFile = { name: "alerts-smtp", key: "password" };

function secretsOf({ webhook, smtp }: AlertsOptions): readonly SecretFile[] {
  return [...(webhook ? [webhookSecret] : []), ...(smtp ? [smtpSecret] : [])];
}

/** Names of the Secrets that Alertmanager's pod mounts. */
export function alertSecrets(options: AlertsOptions): readonly string[] {
  return secretsOf(options).map(({ name }) => name);
}

/** TCP ports that Alertmanager needs beside 443, which a webhook must use. */
export function alertPorts({ smtp }: AlertsOptions): readonly number[] {
  return smtp ? [Number(smtp.server.split(":").at(-1))] : [];
}

function path({ name, key }: SecretFile): string {
  return `/etc/alertmanager/secrets/${name}/${key}`;
}

/** Alertmanager's configuration. */
export function alertmanagerConfig(options: AlertsOptions, email: string): Values {
  const hasReceiver = options.webhook || options.smtp !== undefined;
  return {
    route: {
      group_by: ["alertname", "site"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
      receiver: hasReceiver ? "operators" : "null",
      routes: [{ receiver: "null", matchers: [`alertname =~ "Watchdog|InfoInhibitor"`] }],
    },
    inhibit_rules: inhibitions,
    receivers: [{ name: "null" }, ...(hasReceiver ? [receiver(options, email)] : [])],
  };
}

function receiver({ webhook, smtp }: AlertsOptions, email: string): unknown {
  return {
    name: "operators",
    ...(webhook && {
      webhook_configs: [{ url_file: path(webhookSecret), send_resolved: true }],
    }),
    ...(smtp && {
      email_configs: [
        {
          to: email,
          from: smtp.from,
          smarthost: smtp.server,
          auth_username: smtp.user,
          auth_password_file: path(smtpSecret),
          require_tls: true,
          send_resolved: true,
        },
      ],
    }),
  };
}

/** An alert that follows from another one is not sent beside it. */
const inhibitions = [
  {
    source_matchers: ["severity = critical"],
    target_matchers: ["severity =~ warning|info"],
    equal: ["namespace", "alertname"],
  },
  {
    source_matchers: ["severity = warning"],
    target_matchers: ["severity = info"],
    equal: ["namespace", "alertname"],
  },
  {
    source_matchers: ["alertname = InfoInhibitor"],
    target_matchers: ["severity = info"],
    equal: ["namespace"],
  },
  {
    source_matchers: ["alertname = FleetGatewayDown"],
    target_matchers: ["alertname =~ FleetSiteAway|FleetDeviceAway"],
  },
  {
    source_matchers: ["alertname = FleetSiteAway"],
    target_matchers: ["alertname = FleetDeviceAway"],
    equal: ["site"],
  },
  {
    source_matchers: ["alertname = FleetDeviceAway"],
    target_matchers: ["alertname =~ Fleet.*", "alertname != FleetDeviceAway"],
    equal: ["device"],
  },
];

export interface AlertSecretsProps {
  /** Name of the fleet: in front of the secrets' names in Google Secret Manager. */
  readonly fleet: string;
  readonly namespace: string;
  readonly alerts: AlertsOptions;
}

/** The Secrets of Alertmanager, from Google Secret Manager. */
export class AlertSecrets extends Construct {
  constructor(scope: Construct, id: string, { fleet, namespace, alerts }: AlertSecretsProps) {
    super(scope, id);
    for (const { name, key } of secretsOf(alerts)) {
      new SharedSecret(this, name, {
        namespace,
        name,
        cloudSecret: cloudSecretName(fleet, name),
        keys: { [key]: key },
      });
    }
  }
}
