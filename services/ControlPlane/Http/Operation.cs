namespace FleetPlatform.ControlPlane.Http;

/// <summary>One operation of the API.</summary>
/// <param name="Name">As AWS names it; what is authorised and logged.</param>
/// <param name="Route">Method and path, with <c>{parameters}</c> that fill one segment each.</param>
/// <param name="Handle">Translates, asks, translates back.</param>
sealed record Operation(string Name, string Route, Func<OperationRequest, CancellationToken, Task<Reply>> Handle);

/// <summary>The operations of one noun. Each file in Operations/ and Fleet/ holds one.</summary>
interface IOperations
{
    IEnumerable<Operation> All { get; }
}

/// <summary>What an operation answers: a body (null: an empty object), lines, or a refusal.</summary>
sealed record Reply
{
    public object? Body { get; private init; }

    public Refused? Refused { get; private init; }

    /// <summary>With a refusal because it exists already: which one. SDKs surface both.</summary>
    public (string? Id, string Arn)? Resource { get; private init; }

    /// <summary>Instead of a body: writes JSON lines, as many as there are, without holding them.</summary>
    public Func<Stream, CancellationToken, Task>? Writer { get; private init; }

    public static Reply Empty { get; } = new();

    public static Reply Lines(Func<Stream, CancellationToken, Task> write) => new() { Writer = write };

    public static Reply Of(object body) => new() { Body = body };

    public static Reply Refuse(Refused refused, (string? Id, string Arn)? resource = null) => new() { Refused = refused, Resource = resource };

    public static Reply Refuse(Reason reason, string detail) => Refuse(reason.ToRefused(detail));
}

static class Replies
{
    /// <summary>The answer as AWS shapes it, or its refusal.</summary>
    /// <param name="existing">The resource a refusal with <c>already-exists</c> is about.</param>
    public static Reply Reply<T>(this Answer<T> answer, Func<T, object> body, (string? Id, string Arn)? existing = null) where T : class =>
        answer.Refused is { } refused
            ? Http.Reply.Refuse(refused, refused.Code == Reasons.AlreadyExists.Code ? existing : null)
            : Http.Reply.Of(body(answer.Value!));

    /// <summary>For operations that answer nothing.</summary>
    public static Reply Reply<T>(this Answer<T> answer) where T : class =>
        answer.Refused is { } refused ? Http.Reply.Refuse(refused) : Http.Reply.Empty;

    /// <summary>A time as restJson1 writes it: seconds since 1970, with milliseconds behind the point.</summary>
    public static double Epoch(this DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
