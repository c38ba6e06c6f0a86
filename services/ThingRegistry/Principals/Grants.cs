using System.Globalization;
using System.Text.Json;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>Everything the gateway needs about certificates, from the read tables, in one statement and so from one snapshot.</summary>
sealed class Grants(ClaimPolicy claims)
{
    // A join on thing id and incarnation: what was deleted since and created again under its name is not what was attached.
    const string Select = """
        select p.certificate_id, p.status, p.version, p.claim_for_template, p.expires_at,
            (select json_agg(json_build_array(t.name, t.type_name, t.attributes, a.exclusive))::text
                from fleet_attachments a join fleet_things t on t.name = a.thing_name and t.id = a.thing_id
                where a.certificate_id = p.certificate_id),
            (select json_agg(json_build_array(q.name, q.default_version, q.document, q.thing_name))::text from (
                select y.name, y.default_version, y.document, null as thing_name
                    from fleet_principal_policies x join fleet_policies y on y.name = x.policy_name and y.incarnation = x.incarnation
                    where x.certificate_id = p.certificate_id and not y.deleted
                union
                select y.name, y.default_version, y.document, t.name
                    from fleet_attachments a join fleet_things t on t.name = a.thing_name and t.id = a.thing_id
                    join fleet_memberships m on m.thing_name = t.name
                    join fleet_groups g on g.name = m.group_name
                    join fleet_group_policies x on x.group_name = any(g.path)
                    join fleet_policies y on y.name = x.policy_name and y.incarnation = x.incarnation
                    where a.certificate_id = p.certificate_id and not y.deleted) q)
        from fleet_principals p where p.certificate_id = any($1)
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
            var grant = ReadGrant(reader);
            grants[grant.CertificateId] = grant;
        }

        return grants;
    }

    PrincipalGrant ReadGrant(NpgsqlDataReader row)
    {
        var policies = row.IsDBNull(6) ? [] : ReadPolicies(row.GetString(6));
        return new()
        {
            CertificateId = row.GetString(0),
            Status = Enum.Parse<PrincipalStatus>(row.GetString(1)).ToContract(),
            Version = row.GetInt64(2),
            Policies = row.IsDBNull(3) ? policies : [.. policies, claims.For(row.GetString(3))],
            ExpiresAt = row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4),
            Things = row.IsDBNull(5) ? [] : ReadThings(row.GetString(5)),
        };
    }

    static List<ThingGrant> ReadThings(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(thing => new ThingGrant
        {
            ThingName = thing[0].GetString()!,
            ThingTypeName = thing[1].GetString(),
            Attributes = thing[2].EnumerateObject().ToDictionary(attribute => attribute.Name, attribute => attribute.Value.GetString()!, StringComparer.Ordinal),
            Exclusive = thing[3].GetBoolean(),
        })];
    }

    // A policy that the certificate has itself applies always; that of a group adds nothing then.
    static List<PolicyGrant> ReadPolicies(string json)
    {
        using var document = JsonDocument.Parse(json);
        var policies = document.RootElement.EnumerateArray().Select(policy => new PolicyGrant
        {
            PolicyName = policy[0].GetString()!,
            VersionId = policy[1].GetInt32().ToString(CultureInfo.InvariantCulture),
            Document = policy[2].GetString()!,
            ThingName = policy[3].GetString(),
        }).ToList();
        return [.. policies.Where(policy => policy.ThingName is null || !policies.Exists(other => other.ThingName is null && other.PolicyName == policy.PolicyName))];
    }
}
