using FleetPlatform.CertificateAuthority.Transparency;
using FleetPlatform.Pki.Transparency;
using Command = FleetPlatform.Contracts.CertificateAuthority.SignCheckpoint;

namespace FleetPlatform.CertificateAuthority.Tests.Transparency;

/// <summary>One history under one signature, whoever keeps the log.</summary>
public sealed class SignCheckpointTests
{
    static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_log_may_grow_and_never_fork_or_shrink()
    {
        var log = new Log();
        var before = Fold(SignedCheckpoints.Initial, Decide(log.Ask(0, 5), SignedCheckpoints.Initial));

        Decide(log.Ask(5, 9), before).Events.ShouldHaveSingleItem();
        Decide(log.Ask(5, 5), before).ShouldBe(Events.Decision<CheckpointEvent>.Nothing, "asked twice, recorded once");
        Decide(log.Ask(4, 9), before).Refusal.ShouldNotBeNull("the proof begins elsewhere");
        Decide(log.Ask(0, 4), before).Refusal.ShouldNotBeNull("it shrank");
        Decide(log.Ask(5, 9) with { Root = new byte[32] }, before).Refusal.ShouldNotBeNull();
        Decide(log.Ask(5, 5) with { Root = new byte[32] }, before).Refusal.ShouldNotBeNull("another of the same size");
        Decide(new Log("other").Ask(5, 9), before).Refusal.ShouldNotBeNull("another history");
    }

    [Fact]
    public async Task Checkpoints_are_signed_with_a_key_of_their_own_that_outlives_the_process()
    {
        await using var authority = await TestAuthority.Start();
        var log = new Log();
        using var key = new CheckpointKey(authority.Keys, authority.Store.DataSource, authority.Clock);
        var first = (await new SignCheckpoint(authority.Store, key, authority.Clock).Handle(log.Ask(0, 5), default)).Signed!;
        using var reopened = new CheckpointKey(authority.Keys, authority.Store.DataSource, authority.Clock);
        var sign = new SignCheckpoint(authority.Store, reopened, authority.Clock);
        var behind = (await sign.Handle(log.Ask(0, 7), default)).Signed!; // a crash lost the note of 5
        var second = (await sign.Handle(log.Ask(behind.LastSize, 7), default)).Signed!;

        (behind.Note, behind.LastSize).ShouldBe((null, 5));
        second.SubjectPublicKeyInfo.ShouldBe(first.SubjectPublicKeyInfo);
        Checkpoint.Open(first.Note!, Log.Origin, first.SubjectPublicKeyInfo).Size.ShouldBe(5);
        Checkpoint.Open(second.Note!, Log.Origin, first.SubjectPublicKeyInfo).Size.ShouldBe(7);
        (await sign.Handle(new Log("other").Ask(7, 9), default)).Refusal!.Detail.ShouldContain("changed or lost");
        (await sign.Handle(log.Ask(7, 9) with { Origin = "two words" }, default)).Refusal.ShouldNotBeNull();
        (await authority.Store.FetchStreamAsync(SignedCheckpoints.StreamOf(Log.Origin))).Select(recorded => recorded.Type).ShouldBe(["checkpoint.approved.v1", "checkpoint.approved.v1"]);
        authority.Ring.Active.Signer.Certificate.SubjectPublicKeyInfo.ToArray().ShouldNotBe(first.SubjectPublicKeyInfo, "no issuer's");
    }

    static Events.Decision<CheckpointEvent> Decide(Command command, SignedCheckpoints before) => SignCheckpoint.Decide(command, before, Noon);

    static SignedCheckpoints Fold(SignedCheckpoints state, Events.Decision<CheckpointEvent> decision) => decision.Events.Aggregate(state, (folded, @event) => folded.Evolve(@event));

    /// <summary>Ten entries, as the revocation service would keep them.</summary>
    sealed class Log
    {
        public const string Origin = "plant.example/certificates";

        readonly Dictionary<TreeNode, byte[]> _nodes = [];

        public Log(string kind = "entry")
        {
            var tree = new MerkleFrontier();
            for (var i = 0; i < 10; i++)
                foreach (var (node, hash) in tree.Add(MerkleTree.HashLeaf(System.Text.Encoding.UTF8.GetBytes($"{kind} {i}")))) _nodes.Add(node, hash);
        }

        public Command Ask(long former, long size) => new()
        {
            Origin = Origin, Size = size, Root = Hash(MerkleTree.Cover(0, size)), FormerSize = former,
            ConsistencyProof = [.. MerkleTree.ConsistencyProof(former, size < former ? former : size).Select(Hash)],
        };

        byte[] Hash(IReadOnlyList<TreeNode> cover) => MerkleTree.HashOf(cover, node => _nodes[node]);
    }
}
