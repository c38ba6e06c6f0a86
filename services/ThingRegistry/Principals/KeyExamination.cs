using System.Security.Cryptography;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Pki;

namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// May a certificate be registered, as far as its key is concerned? The authority knows weak and compromised keys, and its own certificates on a key; those
/// of others are known here (peers 3.2 cases 31 and 32).
/// </summary>
sealed class KeyExamination(Registry registry, IAsk ask, ThingRegistryOptions options)
{
    const string Select = "select certificate_id from fleet_registered_keys where key_hash = $1 limit 8";

    static readonly Refusal Taken = new(Reasons.Unavailable.Code, "Another certificate with this key is being registered at this moment.");

    /// <summary>A key is one device's. The device's next certificate has the same subject and belongs to the same thing; another device's has not.</summary>
    /// <param name="things">Things that the certificate belongs to; none while it is new.</param>
    /// <param name="others">Registered certificates on the same key.</param>
    public static Refusal? Decide(CertificateText certificate, IReadOnlyList<AttachedThing> things, IEnumerable<Principal> others) =>
        others.Any(other => other is { Status: PrincipalStatus.Active or PrincipalStatus.PendingActivation, CertificatePem: { } pem } && (!CertificateText.ReadPem(pem).Subject.Attributes.SequenceEqual(certificate.Subject.Attributes) || IsElsewhere(other, things)))
            ? new(Reasons.KeyShared.Code, "The public key of this certificate is in another device's certificate already: every device has a key of its own.")
            : null;

    static bool IsElsewhere(Principal other, IReadOnlyList<AttachedThing> things) =>
        things.Count > 0 && other.Things.Count > 0 && !other.Things.Any(thing => things.Any(own => own.ThingName == thing.ThingName));

    /// <summary>Examines a certificate's key and, when nothing is against it, registers the certificate: one at a time for each key.</summary>
    /// <param name="der">Also what is no certificate: who reads it says so.</param>
    /// <param name="refuse">The answer when the key is refused.</param>
    /// <param name="register">The answer when it is not.</param>
    /// <exception cref="RequestUnavailableException">The authority did not answer.</exception>
    public async Task<T> Guard<T>(byte[] der, Func<Refusal, T> refuse, Func<Task<T>> register, CancellationToken cancellation)
    {
        CertificateText certificate;
        try
        {
            certificate = CertificateText.Read(der);
        }
        catch (PkiException)
        {
            return await register();
        }

        var (id, hash) = (CertificateId.Of(der), SHA256.HashData(certificate.SubjectPublicKeyInfo.Span));
        if (!await KeyClaims.TryTake(registry.Database, hash, id, cancellation)) return refuse(Taken);
        try
        {
            if ((await Refuse([(id, certificate, [])], registers: true, cancellation))[0] is { } refusal) return refuse(refusal);
            return await KeyClaims.TryTake(registry.Database, hash, id, cancellation) ? await register() : refuse(Taken); // the question may have outlasted the claim
        }
        finally
        {
            await KeyClaims.Release(registry.Database, hash, id, CancellationToken.None);
        }
    }

    /// <summary>What is against the keys of certificates that are registered already, or may be.</summary>
    /// <param name="certificates">At most 250.</param>
    /// <param name="registers">Whether they will be registered now where nothing is against it; the authority then certifies their keys for nobody else.</param>
    /// <returns>One for each, in the order asked.</returns>
    /// <exception cref="RequestUnavailableException">The authority did not answer.</exception>
    public async Task<IReadOnlyList<Refusal?>> Refuse(
        IReadOnlyList<(string Id, CertificateText Text, IReadOnlyList<AttachedThing> Things)> certificates, bool registers, CancellationToken cancellation)
    {
        if (certificates.Count == 0) return [];
        var answer = await ask.Ask<ExamineKeys, KeysExamined>(new()
        {
            SubjectPublicKeyInfos = [.. certificates.Select(certificate => certificate.Text.SubjectPublicKeyInfo.ToArray())],
            CertificateIds = registers ? [.. certificates.Select(certificate => certificate.Id)] : [],
        }, cancellation);
        var examined = answer.Value?.Items ?? throw new RequestUnavailableException(answer.Refused!.Detail);
        var refusals = new List<Refusal?>(certificates.Count);
        foreach (var ((id, text, things), key) in certificates.Zip(examined))
            refusals.Add(key.Refused is { } refused ? new(refused.Code, refused.Detail)
                : options.AllowSharedKeys ? null
                : Decide(text, things, await FindOthers(id, text, key.CertificateIds, cancellation)));
        return refusals;
    }

    async Task<IEnumerable<Principal>> FindOthers(string id, CertificateText text, IReadOnlyList<string> issued, CancellationToken cancellation)
    {
        var others = new HashSet<string>(issued, StringComparer.Ordinal);
        await using (var command = registry.Database.CreateCommand(Select))
        {
            command.Parameters.Add(Listing.Text(Convert.ToHexStringLower(SHA256.HashData(text.SubjectPublicKeyInfo.Span))));
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            while (await rows.ReadAsync(cancellation)) others.Add(rows.GetString(0));
        }

        others.Remove(id);
        return others.Count == 0 ? [] : (await registry.Fetch<Principal, PrincipalEvent>([.. others.Select(Registry.PrincipalStream)], cancellation)).Select(found => found.Aggregate);
    }
}
