using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;
using FleetPlatform.ControlPlane.Operations;

namespace FleetPlatform.ControlPlane.Fleet;

/// <summary>
/// What S3 holds on AWS: <c>POST /fleet/registration-inputs/{bucket}/{key}</c> takes an input in parts, <c>GET /fleet/registration-tasks/{id}/results</c> and
/// <c>…/errors</c> give what became of its lines, a JSON object a line.
/// </summary>
sealed class RegistrationFiles(IAsk ask, Arn arn) : IOperations
{
    static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // never inside HTML
    };

    public IEnumerable<Operation> All =>
    [
        new("PutThingRegistrationInput", "POST /fleet/registration-inputs/{bucket}/{key}", Put),
        new("GetThingRegistrationResults", "GET /fleet/registration-tasks/{taskId}/results", (request, cancellation) => Read(request, failed: false, cancellation)),
        new("GetThingRegistrationErrors", "GET /fleet/registration-tasks/{taskId}/errors", (request, cancellation) => Read(request, failed: true, cancellation)),
    ];

    async Task<Reply> Put(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<PutRegistrationInput, RegistrationInputDescription>(new()
        {
            Bucket = request.Path("bucket"),
            Key = request.Path("key"),
            Part = (int)(request.OptionalNumber("part") is >= 0 and <= int.MaxValue and var part ? part : throw new InvalidInputException("part is a number from 0.")),
            Lines = request.Texts("lines"),
        }, cancellation)).Reply(input => Wire.Of(input));

    async Task<Reply> Read(OperationRequest request, bool failed, CancellationToken cancellation)
    {
        var task = request.Path("taskId");
        var first = await Page(task, failed, after: 0, cancellation);
        return first.Refused is { } refused
            ? Reply.Refuse(refused)
            : Reply.Lines(async (body, stop) =>
            {
                for (var page = first.Value!; page.Items.Count > 0; page = (await Page(task, failed, page.Items[^1].Line, stop)).Value ?? throw new RequestUnavailableException("The rest cannot be read now."))
                {
                    foreach (var item in page.Items)
                    {
                        await JsonSerializer.SerializeAsync(body, Describe(item), Json, stop);
                        await body.WriteAsync("\n"u8.ToArray(), stop);
                    }
                }
            });
    }

    Task<Answer<RegistrationResultsRead>> Page(string task, bool failed, int after, CancellationToken cancellation) =>
        ask.Ask<ReadRegistrationResults, RegistrationResultsRead>(new() { TaskId = task, Failed = failed, AfterLine = after }, cancellation);

    object Describe(RegistrationResult result) => result.Answer.Refused is { } refused
        ? new { lineNumber = result.Line, errorCode = Reasons.Of(refused.Code).RestException, reason = refused.Code, errorMessage = refused.Detail }
        : new { lineNumber = result.Line, response = new { certificatePem = result.Answer.CertificatePem, resourceArns = Registrations.Arns(result.Answer, arn) } };
}
