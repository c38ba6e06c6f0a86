// All stories share one platform, and some of them take parts of it away: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
