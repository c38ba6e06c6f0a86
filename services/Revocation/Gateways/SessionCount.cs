using System.Collections.Concurrent;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.ServiceDefaults;
using MassTransit;

namespace FleetPlatform.Revocation.Gateways;

/// <summary>Asks all gateways at once how many live sessions certificates have, and waits for those that are there, not longer than allowed.</summary>
sealed class SessionCount(IBus bus, PresentGateways gateways, RevocationOptions options, TimeProvider clock)
{
    readonly ConcurrentDictionary<Guid, Question> _open = [];

    /// <returns>The sessions, and the gateways that did not answer.</returns>
    public async Task<(long Sessions, IReadOnlyList<string> Silent)> Ask(IReadOnlyList<string> certificateIds, CancellationToken cancellation)
    {
        var expected = gateways.Names;
        if (expected.Count == 0) return (0, []);
        var id = Guid.CreateVersion7();
        var question = _open[id] = new(expected);
        try
        {
            await bus.PublishInTime(new CountSessions { QuestionId = id, CertificateIds = certificateIds }, cancellation);
            await Task.WhenAny(question.Answered, Task.Delay(options.CountPatience, clock, cancellation));
            return question.Result();
        }
        finally
        {
            _open.TryRemove(id, out _);
        }
    }

    public void Hear(SessionsCounted answer)
    {
        if (_open.TryGetValue(answer.QuestionId, out var question)) question.Hear(answer);
    }

    sealed class Question(IReadOnlyList<string> expected)
    {
        readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly HashSet<string> _silent = new(expected, StringComparer.Ordinal);
        readonly Lock _gate = new();
        long _sessions;

        public Task Answered => _answered.Task;

        public void Hear(SessionsCounted answer)
        {
            lock (_gate)
            {
                _sessions += answer.LiveSessions;
                _silent.Remove(answer.GatewayName);
                if (_silent.Count == 0) _answered.TrySetResult();
            }
        }

        public (long, IReadOnlyList<string>) Result()
        {
            lock (_gate) return (_sessions, [.. _silent.Order(StringComparer.Ordinal)]);
        }
    }
}

sealed class SessionsCountedConsumer(SessionCount count) : IConsumer<SessionsCounted>
{
    public Task Consume(ConsumeContext<SessionsCounted> context)
    {
        count.Hear(context.Message);
        return Task.CompletedTask;
    }
}
