using Npgsql;

namespace FleetPlatform.Events;

/// <summary>A read table that the appending transaction keeps up to date: whoever sees the events sees it changed.</summary>
public interface IInlineProjection
{
    /// <summary>Unique within the service; names it in a rebuild.</summary>
    string Name { get; }

    /// <summary>Raise it when the table or the rule changes: the projection is rebuilt when the service next starts.</summary>
    int Version => 1;

    /// <summary>
    /// DDL that may run again and again (<c>create table if not exists fleet_…</c>). Tables carry the prefix <c>fleet_</c>.
    /// A new <see cref="Version"/> must bring an old table up to date (<c>drop table if exists</c>, <c>alter table … add column if not exists</c>).
    /// </summary>
    string Schema { get; }

    /// <summary>The tables a rebuild empties.</summary>
    IReadOnlyList<string> Tables { get; }

    /// <summary>Adds the statements that this event leads to. Pure: called once per append, and again in a rebuild.</summary>
    void Project(RecordedEvent e, ProjectionBatch batch);
}

/// <summary>Collects the statements of projections; they run in order, in the appending transaction, after the events.</summary>
public sealed class ProjectionBatch
{
    readonly List<NpgsqlBatchCommand> _commands = [];

    internal IReadOnlyList<NpgsqlBatchCommand> Commands => _commands;

    /// <summary>Adds a statement.</summary>
    /// <param name="sql">One statement with positional parameters <c>$1</c>, <c>$2</c>…; a constant text, so that it is prepared once.</param>
    /// <param name="parameters">Unnamed, of this statement alone.</param>
    public void Add(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(parameters);
        _commands.Add(command);
    }
}
