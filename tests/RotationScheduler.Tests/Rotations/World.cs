using FleetPlatform.Contracts.RotationScheduler;
using FleetPlatform.Events;
using FleetPlatform.RotationScheduler.Renewals;
using FleetPlatform.RotationScheduler.Rotations;

namespace FleetPlatform.RotationScheduler.Tests.Rotations;

/// <summary>How a device behaves that is told to rotate.</summary>
public enum Behaviour
{
    Sound,
    NeverAnswers,
    ReportsFailure,
    NeverConnects,
    NeverPublishes,
    RegistersTwice,
    LosesTheNewPair,
    FallsBackSilently,
    FallsBackAndReports,
    AnswersTooLate,
    ComesBackWithTheOldOne,

    /// <summary>Rotates at every command, whatever it names.</summary>
    ObeysReplays,
}

/// <summary>
/// One device, the registry and the scheduler's stream, without database and bus: small enough to be run for thousands of seeds. The
/// scheduler is killed between acting and recording; messages come late, twice and out of order; clocks jump.
/// </summary>
sealed class World(int seed, Behaviour behaviour)
{
    const string Thing = "SN-1";
    const int MostUnderWay = 10; // messages: what a device says must not bury what others say

    // Every other time the old certificate is revoked at once.
    readonly RotationTerms _terms = new(TimeSpan.FromMinutes(10), 3, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), TimeSpan.FromHours(seed % 2));
    readonly Random _random = new(seed);
    readonly List<string> _active = ["c0"];
    readonly List<Action> _messages = [];
    readonly List<string> _slots = ["c0"];
    readonly List<Rotation> _rotations = [Rotation.Initial];
    readonly List<CertificateUse> _uses = [];
    readonly List<CertificatePair> _pairs = []; // as registered
    DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    int _made;
    string _current = "c0";

    public List<RotationEvent> Events { get; } = [];

    /// <summary>The one that was asked for; the device may have begun others.</summary>
    public Rotation Rotation => _rotations[0];

    public IReadOnlyList<Rotation> Rotations => _rotations;

    /// <summary>Certificates of the device that work.</summary>
    public IReadOnlyList<string> Working => [.. _slots.Where(_active.Contains)];

    public IReadOnlyList<string> Active => _active;

    bool IsBusy => _messages.Count > 0 || _rotations.Exists(rotation => rotation.IsOpen || rotation.Doomed.Count > 0);

    /// <summary>Runs until every rotation has ended and nothing is left to do; after each step the device must be able to connect.</summary>
    public void Run(Action<World> invariant)
    {
        Record(0, StartRotation.Decide(new(Thing, "c0", RotationReason.Operator, null, "test") { Terms = _terms }, Rotation, 1, _now).Events);
        for (var step = 0; step < 2_000 && IsBusy; step++)
        {
            if (step > 1_000) _now += TimeSpan.FromHours(12); // however far a clock was put back, it gets there
            Step();
            invariant(this);
        }
    }

    void Step()
    {
        switch (_random.Next(10))
        {
            case < 4: Turn(killed: _random.Next(3) == 0); break;
            case < 7: Deliver(); break;
            case 7: _now += TimeSpan.FromMinutes(_random.Next(30)); break;
            case 8 when _random.Next(20) == 0: _now += TimeSpan.FromDays(_random.Next(-400, 400)); break; // the clock jumps
            default:
                if (_messages.Count < MostUnderWay) Reconnect();
                break;
        }
    }

    // What the scheduler does in one step. Killed: the act is done, the record of it is not.
    void Turn(bool killed)
    {
        var at = _random.Next(_rotations.Count);
        if (AdvanceRotation.ActOf(_rotations[at], _active.Contains, _now) is { } act)
        {
            if (act.Kind == RotationActKind.RevokeDoomed && IsLastResort(act.CertificateId, _rotations[at]))
                act = act with { Kind = RotationActKind.SpareDoomed };
            else
                _active.Remove(act.CertificateId);
            if (!killed) Record(at, AdvanceRotation.RecordAndGoOn(act, _rotations[at], _active.Contains, _now).Events);
            return;
        }

        if (!killed) Record(at, AdvanceRotation.Decide(_rotations[at], _active.Contains, _now).Events);
    }

    // As RotationsTable, over what is registered.
    bool IsLastResort(string certificate, Rotation rotation) => _pairs.Exists(pair =>
        (pair.RenewalOf == certificate && !_active.Contains(pair.CertificateId))
        || (pair.CertificateId == certificate && !rotation.HasLeftBehind(pair.RegisteredAt) && !_active.Contains(pair.RenewalOf)));

    void Record(int at, IReadOnlyList<RotationEvent> events)
    {
        foreach (var @event in events)
        {
            Events.Add(@event);
            _rotations[at] = _rotations[at].Evolve(@event);
            if (@event is RotationCommanded commanded) Send(() => Hear(commanded.CertificateId), twice: true);
        }
    }

    // As AcceptCertificate: into the latest, else into one of its own; then the uses that were faster.
    void Accept(CertificatePair pair)
    {
        if (!_active.Contains(pair.CertificateId)) return;
        var last = _rotations.Count - 1;
        if (_rotations.Exists(rotation => rotation.Knows(pair.CertificateId))) return;
        if (_rotations[last].IsOpen || AcceptCertificate.IsLeftBehind(pair, _rotations[last]))
        {
            Record(last, AcceptCertificate.Decide(pair, _rotations[last], _now).Events);
        }
        else
        {
            _rotations.Add(Rotation.Initial);
            Record(++last, AcceptCertificate.Begin(Thing, pair, last + 1, null, null, _now));
        }

        foreach (var use in _uses.Where(use => use.CertificateId == pair.CertificateId).ToArray()) Note(use);
    }

    void Note(CertificateUse use)
    {
        _uses.Add(use);
        Record(_rotations.Count - 1, NoteUse.Decide(use, _rotations[^1], _now).Events);
    }

    // Late, in any order, sometimes twice.
    void Send(Action message, bool twice = false)
    {
        _messages.Add(message);
        if (twice && _random.Next(4) == 0) _messages.Add(message);
    }

    void Deliver()
    {
        if (_messages.Count == 0) return;
        var index = _random.Next(_messages.Count);
        var message = _messages[index];
        _messages.RemoveAt(index);
        message();
    }

    void Hear(string certificateToReplace)
    {
        if ((_current != certificateToReplace && behaviour != Behaviour.ObeysReplays) || !_active.Contains(_current)) return; // replayed: it has another one by now
        switch (behaviour)
        {
            case Behaviour.NeverAnswers: break;
            case Behaviour.ReportsFailure: Report("failed"); break;
            case Behaviour.RegistersTwice: Register(stores: false); Register(stores: true); break;
            case Behaviour.LosesTheNewPair: Register(stores: false); break;
            case Behaviour.AnswersTooLate: _now += TimeSpan.FromHours(1); Register(stores: true); break;
            default: Register(stores: true); break;
        }
    }

    void Register(bool stores)
    {
        var (renewalOf, made) = (_current, $"c{++_made}");
        _active.Add(made); // the registry does it while the device waits
        var pair = new CertificatePair(made, renewalOf, DateTimeOffset.UnixEpoch.AddSeconds(_made));
        _pairs.Add(pair);
        Send(() => Accept(pair), twice: true);
        if (!stores) return;
        _slots.RemoveAll(slot => slot != _current);
        _slots.Add(made);
        if (behaviour is Behaviour.NeverConnects or Behaviour.FallsBackSilently or Behaviour.FallsBackAndReports)
        {
            if (behaviour == Behaviour.FallsBackAndReports) Report("rolled-back");
            return;
        }

        _current = made;
    }

    // With what it holds as current; with the other one when that does not work any more.
    void Reconnect()
    {
        if (!_active.Contains(_current)) _current = Working.Count > 0 ? Working[0] : _current;
        if (!_active.Contains(_current)) return;
        if (behaviour == Behaviour.ComesBackWithTheOldOne && _rotations[^1].Phase == RotationPhase.Overlap && _random.Next(3) == 0 && _active.Contains(_slots[0])) _current = _slots[0];
        var (certificate, at) = (_current, _now);
        Send(() => Use(certificate, CertificateUseKind.Connected, at), twice: true);
        if (behaviour != Behaviour.NeverPublishes) Send(() => Use(certificate, CertificateUseKind.Published, at));
    }

    void Use(string certificate, CertificateUseKind kind, DateTimeOffset at) =>
        Note(new() { CertificateId = certificate, ThingName = Thing, SessionId = "s", Kind = kind, At = at });

    void Report(string status)
    {
        var (certificate, at) = (_current, _now);
        Send(() => Record(_rotations.Count - 1, NoteReport.Decide(
            new() { ThingName = Thing, CertificateId = certificate, SessionId = "s", Status = status, At = at }, _rotations[^1], _now).Events));
    }
}
