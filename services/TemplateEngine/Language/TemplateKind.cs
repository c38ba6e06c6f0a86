namespace FleetPlatform.TemplateEngine.Language;

/// <summary>Who provisions with a template, which decides what may stand in it (aws-protocol.md 2.1, 2.3, 2.6).</summary>
enum TemplateKind
{
    /// <summary>FLEET_PROVISIONING: a device with a claim certificate, over MQTT.</summary>
    Fleet = 0,

    /// <summary>JITP: a device with a certificate of its own CA, when it first connects.</summary>
    JustInTime = 1,

    /// <summary>An operator: RegisterThing over REST, or a line of a bulk registration.</summary>
    Bulk = 2,
}
