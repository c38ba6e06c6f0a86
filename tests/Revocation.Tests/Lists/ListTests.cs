using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using FleetPlatform.Revocation.Lists;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FleetPlatform.Revocation.Tests.Lists;

/// <summary>Lists on a real database, signed by an authority that examines them as the real one does. Peers 3.2 cases 12, 13 and 19.</summary>
public sealed class ListTests
{
    static readonly string Claim = new('c', 64);
    static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_list_is_cut_before_it_lapses_at_once_on_a_change_and_never_all_the_time()
    {
        var life = TimeSpan.FromDays(2);
        var published = new PublishedList(1, Noon, Noon + life, Entries: 100_000);
        bool IsDue(ListChange change, DateTimeOffset now) => ListSchedule.IsDue(published, change, life, now);

        ListSchedule.IsDue(null, ListChange.Nothing, life, Noon).ShouldBeTrue();
        IsDue(ListChange.Nothing, Noon.AddHours(23)).ShouldBeFalse();
        IsDue(ListChange.Nothing, Noon.AddHours(24)).ShouldBeTrue("nothing was revoked, and it would lapse");
        IsDue(ListChange.Changed, Noon.AddSeconds(6)).ShouldBeTrue();
        IsDue(ListChange.Changed, Noon.AddSeconds(4)).ShouldBeFalse("it is long: cutting it takes half a second");
        IsDue(ListChange.KeyCompromised, Noon.AddSeconds(0)).ShouldBeTrue("it waits for nothing");
        IsDue(ListChange.Nothing, Noon.AddDays(-30)).ShouldBeTrue("the clock was set back");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1_000_000, 50)]
    [InlineData(100_000_000, 60)]
    public void A_list_rests_by_its_length_between_a_second_and_a_minute(long entries, int seconds)
    {
        var life = TimeSpan.FromDays(2);
        var published = new PublishedList(1, Noon, Noon + life, entries);

        ListSchedule.IsDue(published, ListChange.Changed, life, Noon.AddSeconds(seconds - 0.1)).ShouldBeFalse();
        ListSchedule.IsDue(published, ListChange.Changed, life, Noon.AddSeconds(seconds)).ShouldBeTrue();
    }

    [Fact]
    public void Numbers_rise_whatever_the_clock_does()
    {
        var list = RevocationList.Initial;
        var last = 0L;
        foreach (var now in (DateTimeOffset[])[Noon, Noon, Noon.AddDays(-1), Noon.AddDays(1)])
        {
            var number = list.NextNumber(now);
            number.ShouldBeGreaterThan(last);
            list = list.Evolve(new ListCut("id", last = number, null, now, now, 0, 0));
        }
    }

    [Fact]
    public async Task What_is_revoked_stands_on_its_shard_and_on_the_whole_list_and_what_is_reinstated_leaves_by_a_delta()
    {
        await using var service = await RevocationUnderTest.Start();
        using var authority = new StandInAuthority();
        var clock = service.ListClock(authority);
        var issued = await service.Issues(6, Claim);
        (await clock.CutAllDue(default)).ShouldBe(authority.Shards + 2);
        (await clock.CutAllDue(default)).ShouldBe(0, "nothing has changed");

        await service.Orders(new() { Kind = SelectorKind.Certificate, Value = issued[0].CertificateId }, TrustAction.Revoke, RevocationReason.KeyCompromise);
        await service.Orders(new() { Kind = SelectorKind.Certificate, Value = issued[1].CertificateId }, TrustAction.Suspend);
        await new Entries(service.Source).Update([issued[0].CertificateId, issued[1].CertificateId], default);
        await Cuts(clock, () => authority.Last("full").Count == 2);
        authority.Last("full").ShouldBe(new Dictionary<string, int> { [issued[0].SerialNumber] = 1, [issued[1].SerialNumber] = 6 }, ignoreOrder: true);

        await service.Orders(new() { Kind = SelectorKind.Certificate, Value = issued[1].CertificateId }, TrustAction.Reinstate);
        await new Entries(service.Source).Update([issued[1].CertificateId], default);
        await Cuts(clock, () => authority.Last("full").Count == 1 && authority.Last("delta").GetValueOrDefault(issued[1].SerialNumber) == 8);
        authority.Last("delta")[issued[1].SerialNumber].ShouldBe(8, "removeFromCRL");
        clock.Failure.ShouldBeNull();
        clock.Remaining!.Value.ShouldBeGreaterThan(TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task A_revocation_that_overtakes_the_news_of_the_issuance_is_listed_all_the_same()
    {
        await using var service = await RevocationUnderTest.Start();
        var early = RevocationUnderTest.AnId();
        await service.Orders(new() { Kind = SelectorKind.Certificate, Value = early }, TrustAction.Revoke, RevocationReason.Superseded);
        var entries = new Entries(service.Source);
        (await entries.Update([early], default)).ShouldBe(0);

        var item = (await service.Issues(1, Claim))[0] with { CertificateId = early, SerialNumber = SerialNumber.Draw(0x02).ToString() };
        await service.Issued.Add(new CertificatesIssued { Items = [item] }, default);
        (await entries.Update([early], default)).ShouldBe(1);
    }

    [Fact]
    public async Task An_authority_that_does_not_sign_is_an_alarm_and_the_published_lists_stay()
    {
        await using var service = await RevocationUnderTest.Start();
        using var authority = new StandInAuthority();
        var clock = service.ListClock(authority);
        await clock.CutAllDue(default);
        await service.Issues(1, Claim);
        var issued = (await service.Issues(1, Claim))[0];
        await service.Orders(new() { Kind = SelectorKind.Certificate, Value = issued.CertificateId }, TrustAction.Revoke);
        await new Entries(service.Source).Update([issued.CertificateId], default);
        authority.IsAway = true;

        await Cuts(clock, () => clock.Failure is not null);
        PublishingHealth.Judge(clock.Remaining, clock.Failure).Status.ShouldBe(HealthStatus.Degraded);
        PublishingHealth.Judge(TimeSpan.Zero, clock.Failure).Status.ShouldBe(HealthStatus.Unhealthy);
        clock.Remaining!.Value.ShouldBeGreaterThan(TimeSpan.FromHours(1));
        authority.IsAway = false;
        await Cuts(clock, () => clock.Failure is null);
    }

    // A list that was cut a moment ago is not cut again at once.
    static Task Cuts(ListClock clock, Func<bool> until) => Eventually.Is(async () =>
    {
        await clock.CutAllDue(default);
        return until();
    }, "the lists say so");
}

/// <summary>An authority at the end of the bus: it reads the drafts from the same database and signs what it has examined.</summary>
sealed class StandInAuthority : IAsk, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("revocation-tests-").FullName;
    readonly FileIssuerKey _key;
    readonly CertificateIssuer _issuer;
    readonly Dictionary<string, byte[]> _last = new(StringComparer.Ordinal);

    public StandInAuthority()
    {
        _key = FileIssuerKey.Create(Path.Combine(_folder, "key.pem"), "passphrase");
        var der = CertificateIssuer.SelfSign(_key, CertificateProfile.Authority("root", TimeSpan.FromDays(3650), 0), SubjectName.OfCommonName("Test issuing"), DateTimeOffset.UtcNow);
        _issuer = new(CertificateText.Read(der), _key, 2);
        CertificatePem = Pem.WriteCertificate(der);
    }

    public int Shards => 3;
    public string CertificatePem { get; }
    public bool IsAway { get; set; }
    public Npgsql.NpgsqlDataSource Source { get; set; } = null!;

    /// <summary>Serial numbers and reasons on the last list of a scope, as the framework reads them.</summary>
    public Dictionary<string, int> Last(string scope)
    {
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        var reader = new System.Formats.Asn1.AsnReader(_last[scope], System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence();
        reader.ReadInteger();
        for (var skip = 0; skip < 4; skip++) reader.ReadEncodedValue();
        if (reader.PeekTag() != System.Formats.Asn1.Asn1Tag.Sequence) return found;
        var entries = reader.ReadSequence();
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            var serial = Convert.ToHexStringLower(entry.ReadIntegerBytes().Span);
            entry.ReadEncodedValue();
            var reason = entry.HasData ? entry.ReadSequence().ReadSequence() : null;
            reason?.ReadObjectIdentifier();
            found[serial] = reason?.ReadOctetString()[2] ?? 0;
        }

        return found;
    }

    public async Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class
    {
        if (request is ListRevocationIssuers)
            return new((TAnswer)(object)new RevocationIssuers
            {
                Items = [new() { IssuerId = "issuing-1", CertificatePem = CertificatePem, ChainPem = [], SignatureAlgorithm = Oids.EcdsaSha256, RevocationUrl = "http://pki.test", Shards = Shards }],
            }, null);
        if (IsAway) throw new RequestUnavailableException("away");
        var sign = (SignRevocationList)(object)request;
        var octets = new List<byte>();
        for (var part = 0; part < sign.Parts; part++) octets.AddRange(await Part(sign.DraftId, part));
        var examined = await RevocationListExaminer.Examine(Whole(octets.ToArray()), new() { Issuer = _issuer.Certificate, SignatureAlgorithm = Oids.EcdsaSha256, Now = DateTimeOffset.UtcNow }, cancellation);
        _last[examined.BaseNumber is not null ? "delta" : examined.DistributionPoint is null ? "full" : examined.DistributionPoint] = [.. octets];
        return new((TAnswer)(object)new RevocationListSigned { Signature = _issuer.Sign(examined) }, null);
    }

    public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

    public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
        where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    async Task<byte[]> Part(Guid draft, int part)
    {
        await using var select = Source.CreateCommand("select octets from fleet_list_parts where draft_id = $1 and part = $2");
        select.Parameters.Add(new() { Value = draft });
        select.Parameters.Add(new() { Value = part });
        return (byte[])(await select.ExecuteScalarAsync())!;
    }

    static async IAsyncEnumerable<ReadOnlyMemory<byte>> Whole(byte[] octets)
    {
        yield return octets;
        await Task.CompletedTask;
    }
}
