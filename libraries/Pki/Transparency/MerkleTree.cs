using System.Numerics;
using System.Security.Cryptography;

namespace FleetPlatform.Pki.Transparency;

/// <summary>A node whose subtree is complete: the hash over the 2^<paramref name="Level"/> entries from <paramref name="Index"/> · 2^<paramref name="Level"/> on.</summary>
public readonly record struct TreeNode(int Level, long Index);

/// <summary>Hashes of RFC 9162 §2.1, and which of them prove what.</summary>
public static class MerkleTree
{
    /// <summary>Octets of a hash.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>The root of a tree without entries.</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    /// <summary>The hash of an entry, which no inner node can have.</summary>
    public static byte[] HashLeaf(ReadOnlySpan<byte> entry) => SHA256.HashData([0, .. entry]);

    /// <summary>The hash of two subtrees.</summary>
    public static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => SHA256.HashData([1, .. left, .. right]);

    /// <summary>The path of an entry to the root, §2.1.3.1: each element as the complete subtrees that it is made of.</summary>
    /// <param name="index">From 0, below <paramref name="size"/>.</param>
    /// <param name="size">Entries of the tree.</param>
    public static IReadOnlyList<IReadOnlyList<TreeNode>> InclusionProof(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new List<IReadOnlyList<TreeNode>>();
        for (var (first, end) = (0L, size); end - first > 1;)
        {
            var middle = first + Split(end - first);
            if (index < middle)
            {
                proof.Add(Cover(middle, end));
                end = middle;
            }
            else
            {
                proof.Add(Cover(first, middle));
                first = middle;
            }
        }

        proof.Reverse();
        return proof;
    }

    /// <summary>What shows that a tree only grew, §2.1.4.1; empty from no entries, and between equals.</summary>
    /// <param name="former">Entries then.</param>
    /// <param name="size">Entries now, not fewer.</param>
    public static IReadOnlyList<IReadOnlyList<TreeNode>> ConsistencyProof(long former, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(former);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(former, size);
        var proof = new List<IReadOnlyList<TreeNode>>();
        if (former == 0 || former == size) return proof;
        var (first, end, isWhole) = (0L, size, true);
        while (former != end)
        {
            var middle = first + Split(end - first);
            if (former <= middle)
            {
                proof.Add(Cover(middle, end));
                end = middle;
            }
            else
            {
                proof.Add(Cover(first, middle));
                (first, isWhole) = (middle, false);
            }
        }

        if (!isWhole) proof.Add(Cover(first, end)); // whoever asks has the hash of the whole former tree
        proof.Reverse();
        return proof;
    }

    /// <summary>The complete subtrees that entries from one to before another are made of, left to right; every split of the tree's is one of these.</summary>
    public static IReadOnlyList<TreeNode> Cover(long first, long end)
    {
        var nodes = new List<TreeNode>();
        while (first < end)
        {
            var aligned = first == 0 ? 62 : BitOperations.TrailingZeroCount(first);
            var level = Math.Min(aligned, BitOperations.Log2((ulong)(end - first)));
            nodes.Add(new(level, first >> level));
            first += 1L << level;
        }

        return nodes;
    }

    /// <summary>The hash over subtrees that <see cref="Cover"/> named: the root, where they cover the tree.</summary>
    public static byte[] HashOf(IReadOnlyList<TreeNode> cover, Func<TreeNode, byte[]> find)
    {
        if (cover.Count == 0) return EmptyRoot;
        var hash = find(cover[^1]);
        for (var i = cover.Count - 2; i >= 0; i--) hash = HashNode(find(cover[i]), hash);
        return hash;
    }

    // The largest power of two below a number above one.
    static long Split(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
