using System.Globalization;
using System.Text.Json;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Everything the gateway needs about certificates, from the read tables, in one statement and so from one snapshot.</summary>
sealed class Grants(ClaimPolicy claims)
{
    // Look-ups by key are subqueries in the select list and not joins: a join is planned for the tables as they were when the statement was
    // first used, which is empty, and then reads whole tables until the next ANALYZE. A match on thing id and incarnation, not on names
    // alone: what was deleted since and created again under its name is not what was attached.
    const string Policy = """
        (select json_build_array(y.name, y.default_version, y.document) from fleet_policies y
            where y.name = x.policy_name and y.incarnation = x.incarnation and not y.deleted)
        """;

    const string Select = $"""
        select (select json_build_object(
            'certificateId', p.certificate_id, 'status', p.status, 'version', p.version, 'claim', p.claim_for_template, 'expires', p.expires_at, 'watch', p.watch_until,
            'ca', p.ca_certificate_id, 'sniOnly', p.sni_only,
            'things', (select json_agg((select json_build_array(t.name, t.type_name, t.attributes, a.exclusive)
                    from fleet_things t where t.name = a.thing_name and t.id = a.thing_id))
                from fleet_attachments a where a.certificate_id = p.certificate_id),
            'policies', (select json_agg({Policy}) from fleet_principal_policies x where x.certificate_id = p.certificate_id),
            'groups', (select json_agg(json_build_array(a.thing_name,
                    (select json_agg({Policy}) from fleet_memberships m join fleet_groups g on g.name = m.group_name
                        join fleet_group_policies x on x.group_name = any(g.path) where m.thing_name = a.thing_name)))
                from fleet_attachments a where a.certificate_id = p.certificate_id))::text
            from fleet_principals p where p.certificate_id = wanted.id)
        from unnest($1) wanted(id)
        """;

    /// <summary>The grants of those of these certificates that are registered, by certificate id.</summary>
    public async Task<IReadOnlyDictionary<string, PrincipalGrant>> Find(
        NpgsqlDataSource database, IReadOnlyList<string> certificateIds, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Select);
        command.Parameters.Add(Listing.Texts(certificateIds));
        var grants = new Dictionary<string, PrincipalGrant>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            if (reader.IsDBNull(0)) continue;
            using var json = JsonDocument.Parse(reader.GetString(0));
            var grant = ReadGrant(json.RootElement);
            grants[grant.CertificateId] = grant;
        }

        return grants;
    }

    PrincipalGrant ReadGrant(JsonElement principal)
    {
        var own = ReadPolicies(principal.GetProperty("policies"), thing: null);
        // A policy that the certificate has itself applies always; that of a group adds nothing then.
        var policies = own.Concat(Elements(principal.GetProperty("groups"))
            .SelectMany(group => ReadPolicies(group[1], group[0].GetString()))
            .DistinctBy(policy => (policy.PolicyName, policy.ThingName))
            .Where(policy => !own.Exists(other => other.PolicyName == policy.PolicyName)));
        return new()
        {
            CertificateId = principal.GetProperty("certificateId").GetString()!,
            Status = Enum.Parse<PrincipalStatus>(principal.GetProperty("status").GetString()!).ToContract(),
            Version = principal.GetProperty("version").GetInt64(),
            Policies = principal.GetProperty("claim").GetString() is { } template ? [.. policies, claims.For(template)] : [.. policies],
            ExpiresAt = ReadTime(principal.GetProperty("expires")),
            WatchUntil = ReadTime(principal.GetProperty("watch")),
            Things = [.. Elements(principal.GetProperty("things")).Select(ReadThing)],
            CaCertificateId = principal.GetProperty("ca").GetString(),
            Mode = principal.GetProperty("sniOnly").GetBoolean() ? CertificateMode.SniOnly : CertificateMode.Default,
        };
    }

    static DateTimeOffset? ReadTime(JsonElement time) => time.ValueKind == JsonValueKind.Null ? null : time.GetDateTimeOffset();

    static ThingGrant ReadThing(JsonElement thing) => new()
    {
        ThingName = thing[0].GetString()!,
        ThingTypeName = thing[1].GetString(),
        Attributes = thing[2].EnumerateObject().ToDictionary(attribute => attribute.Name, attribute => attribute.Value.GetString()!, StringComparer.Ordinal),
        Exclusive = thing[3].GetBoolean(),
    };

    static List<PolicyGrant> ReadPolicies(JsonElement policies, string? thing) =>
    [
        .. Elements(policies).Select(policy => new PolicyGrant
        {
            PolicyName = policy[0].GetString()!,
            VersionId = policy[1].GetInt32().ToString(CultureInfo.InvariantCulture),
            Document = policy[2].GetString()!,
            ThingName = thing,
        }),
    ];

    // An empty json_agg is null, and so is an element whose row is gone.
    static IEnumerable<JsonElement> Elements(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Where(element => element.ValueKind != JsonValueKind.Null) : [];
}
