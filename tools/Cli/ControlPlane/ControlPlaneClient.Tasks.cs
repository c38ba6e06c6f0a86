using System.Text.Json.Nodes;

namespace FleetPlatform.Cli.ControlPlane;

/// <summary>Bulk registrations: AWS's operations, and the platform's own for what S3 does there.</summary>
sealed partial class ControlPlaneClient
{
    /// <summary>Uploads a part of an input; part 0 replaces a file of that name.</summary>
    public Task PutRegistrationInput(string bucket, string key, int part, IEnumerable<string> lines, CancellationToken cancellation) => Send(
        HttpMethod.Post, $"/fleet/registration-inputs/{Escape(bucket)}/{Escape(key)}",
        new JsonObject { ["part"] = part, ["lines"] = new JsonArray([.. lines.Select(line => JsonValue.Create(line))]) }, cancellation);

    /// <summary>StartThingRegistrationTask; the task's id.</summary>
    public async Task<string> StartRegistrationTask(string templateBody, string bucket, string key, CancellationToken cancellation) =>
        (await Send(HttpMethod.Post, "/thing-registration-tasks", new JsonObject
        {
            ["templateBody"] = templateBody,
            ["inputFileBucket"] = bucket,
            ["inputFileKey"] = key,
            ["roleArn"] = $"arn:aws:iam::{Arns.AccountId}:role/fleet-provisioning",
        }, cancellation))["taskId"]!.GetValue<string>();

    public Task<JsonNode> DescribeRegistrationTask(string task, CancellationToken cancellation) =>
        Send(HttpMethod.Get, $"/thing-registration-tasks/{Escape(task)}", null, cancellation);

    /// <summary>ListThingRegistrationTasks, all pages, newest first.</summary>
    public async Task<IReadOnlyList<string>> ListRegistrationTasks(CancellationToken cancellation)
    {
        var tasks = new List<string>();
        for (string? token = null; ;)
        {
            var page = await Send(HttpMethod.Get, $"/thing-registration-tasks?maxResults=250{(token is null ? "" : $"&nextToken={Escape(token)}")}", null, cancellation);
            tasks.AddRange(page["taskIds"]!.AsArray().Select(task => task!.GetValue<string>()));
            token = page["nextToken"]?.GetValue<string>();
            if (token is null) return tasks;
        }
    }

    public Task StopRegistrationTask(string task, CancellationToken cancellation) =>
        Send(HttpMethod.Put, $"/thing-registration-tasks/{Escape(task)}/cancel", null, cancellation);

    /// <summary>ListThingRegistrationTaskReports, and what its links lead to, into one file.</summary>
    /// <param name="type">RESULTS or ERRORS.</param>
    public async Task DownloadReport(string task, string type, string path, CancellationToken cancellation)
    {
        var links = (await Send(HttpMethod.Get, $"/thing-registration-tasks/{Escape(task)}/reports?reportType={type}", null, cancellation))["resourceLinks"]!.AsArray();
        await using var file = File.Create(path);
        foreach (var link in links)
        {
            await using var report = await _http.GetStreamAsync(new Uri(link!.GetValue<string>()), cancellation);
            await report.CopyToAsync(file, cancellation);
        }
    }
}
