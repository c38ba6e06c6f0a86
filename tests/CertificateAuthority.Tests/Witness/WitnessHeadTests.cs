using FleetPlatform.CertificateAuthority.Transparency;
using FleetPlatform.CertificateAuthority.Witness;
using FleetPlatform.Pki.Transparency;
using Command = FleetPlatform.Contracts.CertificateAuthority.WitnessHead;

namespace FleetPlatform.CertificateAuthority.Tests.Witness;

/// <summary>One chain for each store, whatever becomes of the databases.</summary>
public sealed class WitnessHeadTests
{
    const string Store = "thing-registry";
    static readonly byte[] Nothing = new byte[32];

    [Fact]
    public void A_chain_may_go_on_and_never_begin_anew_or_fork()
    {
        var last = new Checkpoint(Checkpoint.OriginOfStore(Store), 5, Hash(5));

        WitnessHead.Decide(Ask(5, Hash(5), 9), last).ShouldBeTrue();
        WitnessHead.Decide(Ask(0, Nothing, 9), last).ShouldBeFalse("it begins anew");
        WitnessHead.Decide(Ask(5, Hash(4), 9), last).ShouldBeFalse("another chain");
        WitnessHead.Decide(Ask(5, Hash(5), 5), last).ShouldBeFalse("nothing new");
        WitnessHead.Decide(Ask(5, Hash(5), 4), last).ShouldBeFalse("it was cut off");
    }

    [Fact]
    public async Task What_was_signed_is_remembered_outside_the_database_and_signed_with_a_key_of_its_own()
    {
        await using var authority = await TestAuthority.Start();
        using var key = new WitnessKey(authority.Keys, authority.Store.DataSource, authority.Clock);
        var witness = new WitnessHead(new(authority.Options), key, authority.Store.DataSource);
        (await witness.Find(Store, default)).Head!.Note.ShouldBeNull();

        (await witness.Handle(Ask(0, Nothing, 5), default)).Head!.Seal.ShouldBe(5);
        (await witness.Handle(Ask(0, Nothing, 7), default)).Head!.Seal.ShouldBe(5, "the answer tells what it has signed, whatever it was asked");
        (await witness.Handle(Ask(5, Hash(5), 9) with { Store = "revocation" }, default)).Head!.Seal.ShouldBe(0);

        using var reopened = new WitnessKey(authority.Keys, authority.Store.DataSource, authority.Clock);
        var after = new WitnessHead(new(authority.Options), reopened, authority.Store.DataSource);
        var head = (await after.Handle(Ask(5, Hash(5), 9), default)).Head!;
        var note = Checkpoint.Open(head.Note!, Checkpoint.OriginOfStore(Store), head.SubjectPublicKeyInfo);
        note.Size.ShouldBe(9);
        note.Root.ShouldBe(Hash(9));
        head.Hash.ShouldBe(Hash(9));
        using var log = new CheckpointKey(authority.Keys, authority.Store.DataSource, authority.Clock);
        (await log.Open(default)).SubjectPublicKeyInfo.ToArray().ShouldNotBe(head.SubjectPublicKeyInfo, "who has a log signed under any name has no chain signed");

        foreach (var wrong in (Command[])[Ask(9, Hash(9), 10) with { Store = "../thing-registry" }, Ask(9, Hash(9), 10) with { Hash = [1] }])
            (await after.Handle(wrong, default)).Refusal.ShouldNotBeNull();
        var file = Path.Combine(authority.Options.DataDirectory, "witness", $"{Store}.note");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("\n9\n", "\n8\n", StringComparison.Ordinal));
        (await Should.ThrowAsync<InvalidOperationException>(after.Find(Store, default))).Message.ShouldContain(file);
    }

    static byte[] Hash(byte of) => [.. Enumerable.Repeat(of, 32)];

    static Command Ask(long former, byte[] formerHash, byte seal) => new() { Store = Store, Seal = seal, Hash = Hash(seal), FormerSeal = former, FormerHash = formerHash };
}
