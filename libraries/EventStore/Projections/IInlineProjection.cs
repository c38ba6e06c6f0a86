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
    readonly List<ProjectionStatement> _statements = [];

    internal IReadOnlyList<ProjectionStatement> Statements => _statements;

    /// <summary>Adds a statement.</summary>
    /// <param name="sql">One statement with positional parameters <c>$1</c>, <c>$2</c>…; a constant text, so that it is prepared once.</param>
    /// <param name="parameters">Unnamed, of this statement alone.</param>
    public void Add(string sql, params NpgsqlParameter[] parameters) => _statements.Add(new(sql, parameters, []));

    /// <summary>
    /// Adds a statement that takes rows: what sessions of one transaction add with the same text becomes one statement. Never two rows of one session that the statement's
    /// <c>on conflict do update</c> would take for the same.
    /// </summary>
    /// <param name="sql">As for <see cref="Add"/>; its parameters are arrays, of one length, that it unnests.</param>
    /// <param name="columns">What this statement adds to each of them.</param>
    public void AddRows(string sql, params ProjectionColumn[] columns) => _statements.Add(new(sql, [], columns));
}
