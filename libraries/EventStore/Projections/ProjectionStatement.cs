using Npgsql;
using NpgsqlTypes;

namespace FleetPlatform.Events;

/// <summary>Values of one column, for a statement that takes rows.</summary>
public abstract class ProjectionColumn
{
    /// <summary>A column of one value.</summary>
    public static ProjectionColumn Of<T>(NpgsqlDbType type, T value) => new Column<T>(type, [value]);

    /// <summary>A column of several.</summary>
    public static ProjectionColumn OfMany<T>(NpgsqlDbType type, IReadOnlyList<T> values) => new Column<T>(type, values);

    /// <summary>This column and the same of the statements after it.</summary>
    internal abstract NpgsqlParameter Join(IEnumerable<ProjectionColumn> columns, int count);

    sealed class Column<T>(NpgsqlDbType type, IReadOnlyList<T> values) : ProjectionColumn
    {
        internal override NpgsqlParameter Join(IEnumerable<ProjectionColumn> columns, int count)
        {
            var all = new List<T>(count);
            foreach (var column in columns) all.AddRange(((Column<T>)column)._values);
            return new NpgsqlParameter<List<T>> { TypedValue = all, NpgsqlDbType = NpgsqlDbType.Array | type };
        }

        readonly IReadOnlyList<T> _values = values;
    }
}

/// <summary>A statement of a projection: with parameters of its own, or with rows.</summary>
sealed record ProjectionStatement(string Sql, IReadOnlyList<NpgsqlParameter> Parameters, IReadOnlyList<ProjectionColumn> Columns)
{
    /// <summary>
    /// The commands for several sessions' statements. Sessions with the same texts in the same order are done side by side, so that each keeps its own order and what takes rows
    /// is one command for all of them.
    /// </summary>
    public static IEnumerable<NpgsqlBatchCommand> Commands(IEnumerable<IReadOnlyList<ProjectionStatement>> sessions)
    {
        foreach (var alike in sessions.Where(session => session.Count > 0).GroupBy(session => session, SameTexts.Instance))
        {
            IReadOnlyList<ProjectionStatement>[] members = [.. alike];
            for (var i = 0; i < alike.Key.Count; i++)
            {
                var at = i;
                if (alike.Key[at].Columns.Count > 0) yield return Rows([.. members.Select(session => session[at])]);
                else foreach (var session in members) yield return session[at].Command();
            }
        }
    }

    // Made anew each time: a command belongs to one batch for ever, and a session may be retried in another.
    NpgsqlBatchCommand Command()
    {
        var command = new NpgsqlBatchCommand(Sql);
        foreach (var parameter in Parameters) command.Parameters.Add(parameter.Clone());
        return command;
    }

    static NpgsqlBatchCommand Rows(ProjectionStatement[] statements)
    {
        var command = new NpgsqlBatchCommand(statements[0].Sql);
        for (var i = 0; i < statements[0].Columns.Count; i++)
        {
            var at = i;
            command.Parameters.Add(statements[0].Columns[at].Join(statements.Select(statement => statement.Columns[at]), statements.Length));
        }

        return command;
    }

    sealed class SameTexts : IEqualityComparer<IReadOnlyList<ProjectionStatement>>
    {
        public static SameTexts Instance { get; } = new();

        public bool Equals(IReadOnlyList<ProjectionStatement>? left, IReadOnlyList<ProjectionStatement>? right) =>
            ReferenceEquals(left, right) || (left!.Count == right!.Count && left.Zip(right).All(pair => pair.First.Sql == pair.Second.Sql));

        public int GetHashCode(IReadOnlyList<ProjectionStatement> session) => session.Aggregate(session.Count, (hash, statement) => (hash * 31) + statement.Sql.Length);
    }
}
