namespace FleetPlatform.MqttGateway.Provisioning;

/// <summary>What a device can ask for over MQTT.</summary>
enum Operation
{
    CreateKeys = 0,
    CreateFromCsr = 1,
    RegisterThing = 2,
}

/// <summary>How a body is written; the topic says it, the body is never sniffed.</summary>
enum BodyFormat
{
    Json = 0,
    Cbor = 1,
}

/// <summary>Which side of the exchange a topic is.</summary>
enum TopicSide
{
    Request = 0,
    Accepted = 1,
    Rejected = 2,
}

/// <summary>One of the provisioning topics, taken apart.</summary>
/// <param name="Operation">What it is about.</param>
/// <param name="Format">Its third-last or last level.</param>
/// <param name="Side">Request, or one of the answers.</param>
/// <param name="TemplateName">Of RegisterThing as the client wrote it, otherwise null.</param>
readonly record struct ReservedTopic(Operation Operation, BodyFormat Format, TopicSide Side, string? TemplateName);

/// <summary>The table of reserved topics (aws-protocol 1.1, 1.2). Requests are published, answers are subscribed to, and nothing else under '$' exists.</summary>
static class ReservedTopics
{
    const string Certificates = "$aws/certificates/";
    const string Templates = "$aws/provisioning-templates/";
    const string Events = "$aws/events/certificates/registered/";
    const string AnyName = "+";

    // Level by level; "+" stands for the name of a template. Each with the four answers of its two formats.
    static readonly string[][] Answers =
    [
        .. from root in new[] { "$aws/certificates/create", "$aws/certificates/create-from-csr", $"$aws/provisioning-templates/{AnyName}/provision" }
           from format in new[] { "json", "cbor" }
           from side in new[] { "accepted", "rejected" }
           select $"{root}/{format}/{side}".Split('/'),
    ];

    /// <summary>True for topics that no client may invent.</summary>
    public static bool IsReserved(ReadOnlySpan<char> topic) => topic.Length > 0 && topic[0] == '$';

    /// <summary>True for the platform's own events (aws-protocol 5.2), and filters that select nothing else: subscribed to by whom a policy allows.</summary>
    public static bool IsEvent(ReadOnlySpan<char> topic) => topic.StartsWith(Events);

    /// <summary>Takes a topic apart.</summary>
    /// <returns>False for everything that is not one of the eighteen shapes.</returns>
    public static bool TryParse(ReadOnlySpan<char> topic, out ReservedTopic parsed)
    {
        parsed = default;
        Operation operation;
        string? template = null;
        ReadOnlySpan<char> rest;
        if (topic.StartsWith(Certificates))
        {
            rest = topic[Certificates.Length..];
            switch (TakeLevel(ref rest))
            {
                case "create": operation = Operation.CreateKeys; break;
                case "create-from-csr": operation = Operation.CreateFromCsr; break;
                default: return false;
            }
        }
        else if (topic.StartsWith(Templates))
        {
            rest = topic[Templates.Length..];
            operation = Operation.RegisterThing;
            template = TakeLevel(ref rest).ToString();
            if (template.Length == 0 || TakeLevel(ref rest) is not "provision") return false;
        }
        else
        {
            return false;
        }

        return TryParseEnd(rest, operation, template, out parsed);
    }

    /// <summary>Whether a filter can select an answer, so that subscribing to it makes sense and shows nothing else.</summary>
    public static bool SelectsAnswers(ReadOnlySpan<char> filter)
    {
        foreach (var answer in Answers)
            if (Selects(filter, answer)) return true;
        return false;
    }

    /// <summary>1 to 36 letters, digits, '_' and '-'.</summary>
    public static bool IsTemplateName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > 36) return false;
        foreach (var character in name)
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-')) return false;
        return true;
    }

    static bool TryParseEnd(ReadOnlySpan<char> rest, Operation operation, string? template, out ReservedTopic parsed)
    {
        parsed = default;
        var slash = rest.IndexOf('/');
        BodyFormat format;
        switch (slash < 0 ? rest : rest[..slash])
        {
            case "json": format = BodyFormat.Json; break;
            case "cbor": format = BodyFormat.Cbor; break;
            default: return false;
        }

        TopicSide side;
        switch (slash < 0 ? "" : rest[slash..])
        {
            case "": side = TopicSide.Request; break;
            case "/accepted": side = TopicSide.Accepted; break;
            case "/rejected": side = TopicSide.Rejected; break;
            default: return false;
        }

        parsed = new(operation, format, side, template);
        return true;
    }

    static ReadOnlySpan<char> TakeLevel(ref ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var level = slash < 0 ? rest : rest[..slash];
        rest = slash < 0 ? default : rest[(slash + 1)..];
        return level;
    }

    static bool Selects(ReadOnlySpan<char> filter, string[] answer)
    {
        var index = 0;
        foreach (var range in filter.Split('/'))
        {
            var level = filter[range];
            if (level is "#") return true;
            if (index == answer.Length || !(level is "+" || answer[index] == AnyName ? level.Length > 0 : level.SequenceEqual(answer[index]))) return false;
            index++;
        }

        return index == answer.Length;
    }
}
