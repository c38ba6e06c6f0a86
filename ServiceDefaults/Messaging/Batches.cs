using System.Linq.Expressions;

namespace FleetPlatform.ServiceDefaults;

/// <summary>Makes a batch message around its items. The contracts' <c>Items</c> are required and init-only, which generic code cannot state.</summary>
static class Batches<TItem, TBatch>
{
    public static Func<IReadOnlyList<TItem>, TBatch> Wrap { get; } = Compile();

    static Func<IReadOnlyList<TItem>, TBatch> Compile()
    {
        var items = Expression.Parameter(typeof(IReadOnlyList<TItem>));
        return Expression.Lambda<Func<IReadOnlyList<TItem>, TBatch>>(
            Expression.MemberInit(Expression.New(typeof(TBatch)), Expression.Bind(typeof(TBatch).GetProperty("Items")!, items)), items).Compile();
    }
}
