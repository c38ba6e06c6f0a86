namespace FleetPlatform.Pki.Transparency;

/// <summary>The right edge of a tree: all that growing it needs, at most 63 hashes. Not thread-safe.</summary>
public sealed class MerkleFrontier
{
    readonly Dictionary<TreeNode, byte[]> _edge;

    /// <param name="size">Entries so far.</param>
    /// <param name="edge">Hashes of <see cref="MerkleTree.Cover"/> of all of them.</param>
    public MerkleFrontier(long size = 0, IReadOnlyDictionary<TreeNode, byte[]>? edge = null) => (Size, _edge) = (size, edge is null ? [] : new(edge));

    /// <summary>Entries.</summary>
    public long Size { get; private set; }

    /// <summary>The root over all of them.</summary>
    public byte[] Root => MerkleTree.HashOf(MerkleTree.Cover(0, Size), node => _edge[node]);

    /// <summary>Adds an entry.</summary>
    /// <param name="leaf">Its <see cref="MerkleTree.HashLeaf"/>.</param>
    /// <returns>Every node that is complete now and was not before; the leaf first.</returns>
    public IReadOnlyList<KeyValuePair<TreeNode, byte[]>> Add(byte[] leaf)
    {
        var node = new TreeNode(0, Size++);
        var complete = new List<KeyValuePair<TreeNode, byte[]>> { new(node, leaf) };
        while (node.Index % 2 == 1)
        {
            _edge.Remove(node with { Index = node.Index - 1 }, out var left);
            leaf = MerkleTree.HashNode(left, leaf);
            node = new(node.Level + 1, node.Index / 2);
            complete.Add(new(node, leaf));
        }

        _edge[node] = leaf;
        return complete;
    }
}
