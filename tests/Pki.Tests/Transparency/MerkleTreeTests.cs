using FleetPlatform.Pki.Transparency;
using FsCheck;
using FsCheck.Fluent;

namespace FleetPlatform.Pki.Tests.Transparency;

/// <summary>RFC 9162 §2.1.</summary>
public sealed class MerkleTreeTests
{
    const int Largest = 260;

    // The entries and roots of the reference implementations of RFC 6962, whose trees are the same.
    static readonly string[] Entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    static readonly GrownTree Tree = new(Largest);

    // A size, a place before its end, and a bit to change.
    static readonly Gen<(int Size, int Place, int Bit)> Cases =
        from size in Gen.Choose(1, Largest)
        from place in Gen.Choose(0, size - 1)
        from bit in Gen.Choose(0, 255)
        select (size, place, bit);

    [Fact]
    public void Known_trees_have_their_known_roots()
    {
        var tree = new MerkleFrontier();
        for (var size = 0; size <= Entries.Length; size++)
        {
            Convert.ToHexStringLower(tree.Root).ShouldBe(Roots[size]);
            if (size < Entries.Length) tree.Add(MerkleTree.HashLeaf(Convert.FromHexString(Entries[size])));
        }
    }

    [Fact]
    public void A_tree_grows_to_what_its_definition_says()
    {
        for (var size = 0; size <= Largest; size++) Convert.ToHexString(Tree.Roots[size]).ShouldBe(Convert.ToHexString(ByDefinition(Tree.Leaves.AsSpan(0, size))));
    }

    [Fact]
    public void Every_entry_of_every_tree_is_proven_with_no_more_hashes_than_the_tree_is_high()
    {
        for (var size = 1; size <= Largest; size++)
            for (var index = 0; index < size; index++)
            {
                var proof = Tree.Inclusion(index, size);
                var height = size == 1 ? 0 : System.Numerics.BitOperations.Log2((uint)(size - 1)) + 1;
                (proof.Count <= height && MerkleProofs.Includes(Tree.Leaves[index], index, size, proof, Tree.Roots[size])).ShouldBeTrue($"{index} of {size}");
            }
    }

    [Fact]
    public void Every_tree_is_proven_to_have_grown_out_of_every_smaller_one()
    {
        for (var size = 0; size <= Largest; size++)
            for (var former = 0; former <= size; former++)
                MerkleProofs.IsConsistent(former, Tree.Roots[former], size, Tree.Roots[size], Tree.Consistency(former, size)).ShouldBeTrue($"{former} to {size}");
    }

    [Fact]
    public void No_other_entry_place_root_or_path_is_proven() => Prop.ForAll(Cases.ToArbitrary(), drawn =>
    {
        var (size, index, bit) = drawn;
        var (leaf, proof, root) = (Tree.Leaves[index], Tree.Inclusion(index, size), Tree.Roots[size]);
        return !MerkleProofs.Includes(Flip(leaf, bit), index, size, proof, root)
            && !MerkleProofs.Includes(leaf, index, size, proof, Flip(root, bit))
            && !MerkleProofs.Includes(leaf, index, size, [.. proof, root], root)
            && !MerkleProofs.Includes(leaf, size, size, proof, root)
            && !MerkleProofs.Includes(leaf, -1, size, proof, root)
            && (size == 1 || (!MerkleProofs.Includes(leaf, (index + 1) % size, size, proof, root)
                && !MerkleProofs.Includes(leaf, index, size, Flip(proof, bit), root)
                && !MerkleProofs.Includes(leaf, index, size, [.. proof.SkipLast(1)], root)));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_tree_that_was_changed_is_proven_to_have_grown() => Prop.ForAll(Cases.ToArbitrary(), drawn =>
    {
        var (size, former, bit) = drawn;
        if (former == 0) return true;
        var (proof, then, now) = (Tree.Consistency(former, size), Tree.Roots[former], Tree.Roots[size]);
        return !MerkleProofs.IsConsistent(former, Flip(then, bit), size, now, proof)
            && !MerkleProofs.IsConsistent(former, then, size, Flip(now, bit), proof)
            && !MerkleProofs.IsConsistent(former, then, size, now, Flip(proof, bit))
            && !MerkleProofs.IsConsistent(former, then, size, now, [.. proof, now])
            && !MerkleProofs.IsConsistent(former, then, size, now, [])
            && !MerkleProofs.IsConsistent(size, now, former, then, proof);
    }).QuickCheckThrowOnFailure();

    static byte[] Flip(byte[] hash, int bit)
    {
        byte[] changed = [.. hash];
        changed[bit / 8] ^= (byte)(1 << (bit % 8));
        return changed;
    }

    static IReadOnlyList<byte[]> Flip(IReadOnlyList<byte[]> proof, int bit) => [.. proof.Select((hash, i) => i == bit % proof.Count ? Flip(hash, bit) : hash)];

    // MTH, word for word.
    static byte[] ByDefinition(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 0) return System.Security.Cryptography.SHA256.HashData([]);
        if (leaves.Length == 1) return leaves[0];
        var k = 1;
        while (k * 2 < leaves.Length) k *= 2;
        return MerkleTree.HashNode(ByDefinition(leaves[..k]), ByDefinition(leaves[k..]));
    }

    /// <summary>A tree with all it ever was.</summary>
    sealed class GrownTree
    {
        readonly Dictionary<TreeNode, byte[]> _nodes = [];

        public GrownTree(int size)
        {
            Leaves = [.. Enumerable.Range(0, size).Select(i => MerkleTree.HashLeaf(BitConverter.GetBytes(i)))];
            var tree = new MerkleFrontier();
            Roots.Add(tree.Root);
            foreach (var leaf in Leaves)
            {
                foreach (var (node, hash) in tree.Add(leaf)) _nodes.Add(node, hash);
                // What is kept of a tree is enough to go on with it.
                tree = new(tree.Size, MerkleTree.Cover(0, tree.Size).ToDictionary(node => node, node => _nodes[node]));
                Roots.Add(tree.Root);
            }
        }

        public byte[][] Leaves { get; }
        public List<byte[]> Roots { get; } = [];

        public IReadOnlyList<byte[]> Inclusion(long index, long size) => Hashes(MerkleTree.InclusionProof(index, size));

        public IReadOnlyList<byte[]> Consistency(long former, long size) => Hashes(MerkleTree.ConsistencyProof(former, size));

        IReadOnlyList<byte[]> Hashes(IReadOnlyList<IReadOnlyList<TreeNode>> proof) => [.. proof.Select(cover => MerkleTree.HashOf(cover, node => _nodes[node]))];
    }
}
