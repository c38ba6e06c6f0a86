using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Events;
using FleetPlatform.Pki;
using FleetPlatform.ServiceDefaults;
using MassTransit;
using Command = FleetPlatform.Contracts.CertificateAuthority.InstallRootList;

namespace FleetPlatform.CertificateAuthority.Issuers;

/// <summary>Publishes a root's list about the authorities below it. It is cut where the root's key is, which is not here (docs/pki.md).</summary>
static class InstallRootList
{
    static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <param name="root">The root that has signed it, in DER; null when none of ours has.</param>
    /// <param name="signing">Authorities that have work, with their serial numbers.</param>
    public static Decision<RootListEvent> Decide(
        SignedRevocationList list, byte[]? root, RootList before, IReadOnlyList<(string Id, string SerialNumber)> signing, string requestedBy, DateTimeOffset now)
    {
        if (root is null) return Invalid("No root that is trusted here has signed the list.");
        if (before.Installed is { } known && known.List.AsSpan().SequenceEqual(list.Der.Span)) return Decision<RootListEvent>.Nothing;
        if (list.Number <= before.Installed?.Number) return Invalid($"Number {list.Number} does not rise: {before.Installed!.Number} is published.");
        if (list.ThisUpdate > now + Skew) return Invalid("thisUpdate is in the future.");
        if (list.NextUpdate <= now) return Invalid("The list has lapsed.");
        string[] revoked = [.. list.Entries.Select(entry => SerialOf(entry.SerialNumber.Span))];
        return signing.FirstOrDefault(issuer => revoked.Contains(issuer.SerialNumber)).Id is { } atWork
            ? new Refusal(Reasons.CertificateState.Code, $"The list revokes {atWork}, which signs here. Give its work to another authority first.")
            : new RootListInstalled(CertificateId.Of(root), list.Der.ToArray(), list.Number, list.ThisUpdate, list.NextUpdate, revoked, requestedBy, now);
    }

    /// <summary>A serial number as certificates of ours write it: every octet, no sign.</summary>
    public static string SerialOf(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(octets.TrimStart((byte)0));

    static Refusal Invalid(string detail) => new(Reasons.CertificateInvalid.Code, detail);
}

sealed class InstallRootListConsumer(EventStore store, IssuerRing ring, OpenIssuers open, TimeProvider clock) : IConsumer<Command>
{
    public async Task Consume(ConsumeContext<Command> context)
    {
        var command = context.Message;
        SignedRevocationList list;
        try
        {
            list = SignedRevocationList.ReadPem(command.ListPem);
        }
        catch (PkiException wrong)
        {
            await context.RespondAsync(Reasons.CertificateInvalid.ToRefused(wrong.Message));
            return;
        }

        var root = ring.Roots.FirstOrDefault(der => list.IsSignedBy(CertificateText.Read(der)));
        var signing = ring.All.Where(issuer => ring.ProfilesOf(issuer.Id).Count > 0).Select(issuer => (issuer.Id, issuer.SerialNumber)).ToArray();
        if (root is null)
        {
            await context.RespondAsync(InstallRootList.Decide(list, null, RootList.Initial, signing, command.RequestedBy, clock.GetUtcNow()).Refusal!.ToRefused());
            return;
        }

        var written = await store.WriteToAggregate<RootList, RootListEvent>(RootList.StreamOf(CertificateId.Of(root)),
            before => InstallRootList.Decide(list, root, before, signing, command.RequestedBy, clock.GetUtcNow()), new() { Actor = command.RequestedBy }, context.CancellationToken);
        if (written.Refusal is { } refusal)
        {
            await context.RespondAsync(refusal.ToRefused());
            return;
        }

        await open.Reopen(context.CancellationToken);
        var installed = written.State.Installed!;
        await context.RespondAsync(new RootListDescription
        {
            RootCertificateId = installed.RootCertificateId, Number = installed.Number, ThisUpdate = installed.ThisUpdate, NextUpdate = installed.NextUpdate, Revoked = installed.Revoked,
        });
    }
}
