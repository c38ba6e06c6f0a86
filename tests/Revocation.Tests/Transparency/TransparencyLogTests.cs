using System.Text;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Events;
using FleetPlatform.Pki.Transparency;
using FleetPlatform.Revocation.Certificates;
using FleetPlatform.Revocation.Issued;
using FleetPlatform.Revocation.Transparency;
using FleetPlatform.ServiceDefaults;
using Microsoft.Extensions.Logging.Abstractions;

namespace FleetPlatform.Revocation.Tests.Transparency;

public sealed class TransparencyLogTests
{
    static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    // The text is what is hashed: another one would be another log.
    [Fact]
    public void What_is_entered_is_pinned()
    {
        var id = new string('a', 64);

        LogEntry.OfIssued(id, "issuing-1", [0x02, 0xff], Noon).ShouldBe(new($"issued/{id}", id,
            $$"""{"kind":"issued","certificateId":"{{id}}","issuerId":"issuing-1","serialNumber":"02ff","notAfter":"2026-06-01T12:00:00.000000Z"}"""));
        TextOf(new CertificateRevoked(id, RevocationReason.KeyCompromise, Noon, "operator")).ShouldBe(
            $$"""{"kind":"revoked","certificateId":"{{id}}","reason":"keyCompromise","at":"2026-06-01T12:00:00.000000Z"}""");
        TextOf(new RevocationReasonRaised(id, RevocationReason.Superseded, Noon, Noon.AddHours(1), "operator")).ShouldBe(
            $$"""{"kind":"revoked","certificateId":"{{id}}","reason":"superseded","at":"2026-06-01T12:00:00.000000Z"}""");
        TextOf(new CertificateReinstated(id, Noon, "operator")).ShouldBe($$"""{"kind":"reinstated","certificateId":"{{id}}","at":"2026-06-01T12:00:00.000000Z"}""");
        TextOf(new ChangeTookEffect("crl", 1, Noon, 0)).ShouldBeNull();
    }

    [Fact]
    public async Task Everything_is_entered_once_in_one_order_and_can_be_proven()
    {
        await using var service = await RevocationUnderTest.Start();
        var log = new TransparencyLog(service.Source);
        var issued = await service.Issues(90, "claim");
        var changes = issued.Take(40).Select(each => new LogEntry($"event/{each.CertificateId}", each.CertificateId, $"revoked {each.CertificateId}")).ToArray();

        await Task.WhenAll([EnterIssued(log), EnterIssued(log), .. changes.Chunk(7).Concat(changes.Chunk(11)).Select(chunk => log.Append(chunk, default))]);

        var entries = await log.Read(0, 1000, default);
        entries.Count.ShouldBe(130);
        (await log.FindSize(default)).ShouldBe(130);
        var tree = new MerkleFrontier();
        var roots = new List<byte[]> { tree.Root };
        foreach (var entry in entries)
        {
            tree.Add(MerkleTree.HashLeaf(Encoding.UTF8.GetBytes(entry)));
            roots.Add(tree.Root);
        }

        foreach (var size in (int[])[1, 2, 63, 64, 65, 100, 130])
        {
            (await log.FindRoot(size, default)).ShouldBe(roots[size]);
            var grown = await log.FindHashes(MerkleTree.ConsistencyProof(size, 130), default);
            MerkleProofs.IsConsistent(size, roots[size], 130, roots[130], grown).ShouldBeTrue();
            var index = (await log.Find(issued[size % 90].CertificateId, default))[0];
            var path = await log.FindHashes(MerkleTree.InclusionProof(index, 130), default);
            MerkleProofs.Includes(MerkleTree.HashLeaf(Encoding.UTF8.GetBytes(entries[(int)index])), index, 130, path, roots[130]).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task What_was_signed_and_not_stored_is_asked_for_again_and_a_log_that_lost_entries_is_not_signed()
    {
        await using var service = await RevocationUnderTest.Start();
        var (log, checkpoints, authority) = (new TransparencyLog(service.Source), new Checkpoints(service.Source, new()), new StandInSigner());
        using var fleet = new FleetService("revocation");
        using var clock = new LogClock(log, checkpoints, authority, new(), fleet, TimeProvider.System, NullLogger<LogClock>.Instance);

        await clock.Turn(default);
        (await checkpoints.Find(default)).ShouldBeNull("nothing to sign yet");
        await service.Issues(3, "claim");
        authority.LastSize = 0;
        await clock.Turn(default);
        (await checkpoints.Find(default))!.Size.ShouldBe(3);
        await service.Issues(2, "claim");
        authority.LastSize = 4; // it signed one of 4 before this process died
        await clock.Turn(default);
        (await checkpoints.Find(default))!.Size.ShouldBe(5);
        authority.Asked.ShouldBe([(0, 3), (3, 5), (4, 5)]);

        await service.Issues(1, "claim");
        authority.LastSize = 9;
        (await Should.ThrowAsync<LogRefusedException>(() => clock.Turn(default))).Message.ShouldContain("some were lost");
    }

    [Fact]
    public async Task What_waited_in_the_former_column_is_entered_still()
    {
        await using var service = await RevocationUnderTest.Start();
        var log = new TransparencyLog(service.Source);
        var issued = await service.Issues(3, "claim");
        await using var former = service.Source.CreateCommand("alter table fleet_issued add column logged boolean not null default true");
        await former.ExecuteNonQueryAsync();
        await using var waiting = service.Source.CreateCommand($"delete from fleet_log_pending; update fleet_issued set logged = false where certificate_id = '{issued[1].CertificateId}'");
        await waiting.ExecuteNonQueryAsync();

        for (var start = 0; start < 2; start++)
        {
            await using var schema = service.Source.CreateCommand(new IssuedTable().Schema);
            await schema.ExecuteNonQueryAsync();
        }

        (await log.AppendIssued(16, default)).ShouldBe(1);
        (await log.Find(issued[1].CertificateId, default)).ShouldBe([0]);
    }

    [Fact]
    public async Task What_waited_in_a_queue_without_numbers_is_entered_still()
    {
        await using var service = await RevocationUnderTest.Start();
        var log = new TransparencyLog(service.Source);
        var issued = await service.Issues(3, "claim");
        await using var former = service.Source.CreateCommand(
            "alter table fleet_log_pending drop constraint fleet_log_pending_pkey, drop column number, add primary key (certificate_id)");
        await former.ExecuteNonQueryAsync();

        for (var start = 0; start < 2; start++)
        {
            await using var schema = service.Source.CreateCommand(new IssuedTable().Schema);
            await schema.ExecuteNonQueryAsync();
        }

        var later = await service.Issues(1, "claim");
        (await log.AppendIssued(3, default)).ShouldBe(3);
        (await log.AppendIssued(16, default)).ShouldBe(1);
        foreach (var item in issued.Concat(later)) (await log.Find(item.CertificateId, default)).ShouldHaveSingleItem();
    }

    static async Task EnterIssued(TransparencyLog log)
    {
        while (await log.AppendIssued(16, default) > 0)
        {
        }
    }

    static string? TextOf(object data) => LogEntry.Of(new() { Id = Guid.CreateVersion7(), StreamId = StreamId.Of("revocation", "x"), Version = 1, Type = "t", Timestamp = Noon, Data = data })?.Text;

    /// <summary>The authority at the end of the bus, as far as it remembers sizes.</summary>
    sealed class StandInSigner : IAsk
    {
        public long LastSize { get; set; }
        public List<(long Former, long Size)> Asked { get; } = [];

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class
        {
            var asked = (SignCheckpoint)(object)request;
            Asked.Add((asked.FormerSize, asked.Size));
            object answer = new CheckpointSigned { Note = asked.FormerSize == LastSize ? "note" : null, LastSize = asked.FormerSize == LastSize ? LastSize = asked.Size : LastSize, SubjectPublicKeyInfo = [1] };
            return Task.FromResult(new Answer<TAnswer>((TAnswer)answer, null));
        }

        public Task<Answer<TAnswer>> Ask<TRequest, TAnswer>(TRequest request, TimeSpan timeout, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => Ask<TRequest, TAnswer>(request, cancellation);

        public Task<Answer<TAnswer>> AskService<TRequest, TAnswer>(string service, TRequest request, CancellationToken cancellation = default)
            where TRequest : class where TAnswer : class => throw new RequestUnavailableException(service);
    }
}
