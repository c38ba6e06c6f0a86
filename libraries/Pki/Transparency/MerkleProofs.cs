namespace FleetPlatform.Pki.Transparency;

/// <summary>Checks proofs as RFC 9162 says, without a tree: what somebody does who does not trust the log.</summary>
public static class MerkleProofs
{
    /// <summary>Whether an entry is in a tree, §2.1.3.2.</summary>
    /// <param name="leaf">Its <see cref="MerkleTree.HashLeaf"/>.</param>
    /// <param name="index">Its place, from 0.</param>
    /// <param name="size">Entries of the tree.</param>
    /// <param name="root">The tree's root.</param>
    public static bool Includes(ReadOnlySpan<byte> leaf, long index, long size, IReadOnlyList<byte[]> proof, ReadOnlySpan<byte> root)
    {
        if (index < 0 || index >= size) return false;
        var (node, last, hash) = (index, size - 1, leaf.ToArray());
        foreach (var sibling in proof)
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleTree.HashNode(sibling, hash);
                Climb(ref node, ref last);
            }
            else hash = MerkleTree.HashNode(hash, sibling);

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>Whether a tree has grown out of another one and changed nothing of it, §2.1.4.2. Every tree has grown out of the empty one.</summary>
    public static bool IsConsistent(long former, ReadOnlySpan<byte> formerRoot, long size, ReadOnlySpan<byte> root, IReadOnlyList<byte[]> proof)
    {
        if (former < 0 || former > size) return false;
        if (former == size) return proof.Count == 0 && formerRoot.SequenceEqual(root);
        if (former == 0) return proof.Count == 0 && formerRoot.SequenceEqual(MerkleTree.EmptyRoot);
        if (proof.Count == 0) return false;

        var path = long.IsPow2(former) ? [formerRoot.ToArray(), .. proof] : proof;
        var (node, last) = (former - 1, size - 1);
        while ((node & 1) == 1) (node, last) = (node >> 1, last >> 1);
        var (then, now) = (path[0], path[0]);
        foreach (var sibling in path.Skip(1))
        {
            if (last == 0) return false;
            if ((node & 1) == 1 || node == last)
            {
                (then, now) = (MerkleTree.HashNode(sibling, then), MerkleTree.HashNode(sibling, now));
                Climb(ref node, ref last);
            }
            else now = MerkleTree.HashNode(now, sibling);

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && then.AsSpan().SequenceEqual(formerRoot) && now.AsSpan().SequenceEqual(root);
    }

    static void Climb(ref long node, ref long last)
    {
        while ((node & 1) == 0 && node != 0) (node, last) = (node >> 1, last >> 1);
    }
}
