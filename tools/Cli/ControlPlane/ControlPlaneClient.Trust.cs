using System.Text.Json.Nodes;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>Own CAs: AWS's operations, and the switch that AWS does not have.</summary>
sealed partial class ControlPlaneClient
{
    /// <summary>GetRegistrationCode.</summary>
    public async Task<string> GetRegistrationCode(CancellationToken cancellation) =>
        (await Send(HttpMethod.Get, "/registrationcode", null, cancellation))["registrationCode"]!.GetValue<string>();

    /// <summary>RegisterCACertificate, active, with auto-registration; its id.</summary>
    /// <param name="caCertificate">PEM.</param>
    /// <param name="verification">PEM; null registers it in mode SNI_ONLY.</param>
    /// <param name="template">A template of type JITP; null for registration only.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<string> RegisterCaCertificate(string caCertificate, string? verification, string? template, CancellationToken cancellation)
    {
        var body = new JsonObject { ["caCertificate"] = caCertificate };
        if (verification is null) body["certificateMode"] = "SNI_ONLY";
        else body["verificationCertificate"] = verification;
        if (template is not null) body["registrationConfig"] = new JsonObject { ["templateName"] = template };
        var answer = await Send(HttpMethod.Post, "/cacertificate?setAsActive=true&allowAutoRegistration=true", body, cancellation);
        return answer["certificateId"]!.GetValue<string>();
    }

    /// <summary>DescribeCACertificate.</summary>
    public Task<JsonNode> DescribeCaCertificate(string id, CancellationToken cancellation) =>
        Send(HttpMethod.Get, $"/cacertificate/{Escape(id)}", null, cancellation);

    /// <summary>UpdateCACertificate.</summary>
    public Task UpdateCaCertificate(string id, string newStatus, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/cacertificate/{Escape(id)}?newStatus={newStatus}", null, cancellation);

    /// <summary>Whether the connection in which a device is provisioned goes on.</summary>
    public Task UpdateFirstConnection(string id, bool admit, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/fleet/ca-certificates/{Escape(id)}/first-connection", new JsonObject { ["admit"] = admit }, cancellation);

    /// <summary>DeleteCACertificate.</summary>
    public Task DeleteCaCertificate(string id, CancellationToken cancellation) =>
        Send(HttpMethod.Delete, $"/cacertificate/{Escape(id)}", null, cancellation);

    /// <summary>ListCACertificates, all pages: id and status.</summary>
    public Task<List<(string Id, string Status)>> ListCaCertificates(CancellationToken cancellation) => ListAll("/cacertificates", cancellation);

    /// <summary>ListCertificatesByCA, all pages: id and status.</summary>
    public Task<List<(string Id, string Status)>> ListCertificatesByCa(string id, CancellationToken cancellation) =>
        ListAll($"/certificates-by-ca/{Escape(id)}", cancellation);

    async Task<List<(string Id, string Status)>> ListAll(string path, CancellationToken cancellation)
    {
        var found = new List<(string, string)>();
        string? marker = null;
        do
        {
            var page = await Send(HttpMethod.Get, $"{path}?pageSize=250{(marker is null ? "" : $"&marker={Escape(marker)}")}", null, cancellation);
            found.AddRange(page["certificates"]!.AsArray().Select(one => (one!["certificateId"]!.GetValue<string>(), one["status"]!.GetValue<string>())));
            marker = page["nextMarker"]?.GetValue<string>();
        }
        while (marker is not null);
        return found;
    }
}
