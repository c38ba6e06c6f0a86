namespace FleetPlatform.ServiceDefaults.Tests.Messaging;

public sealed class PublishingTests
{
    [Fact]
    public async Task What_is_never_confirmed_is_given_up_and_may_be_published_again()
    {
        var never = new TaskCompletionSource();

        var failure = await Should.ThrowAsync<TimeoutException>(Publishing.InTime(_ => never.Task, TimeSpan.FromMilliseconds(20), default));

        Failures.IsTransient(failure).ShouldBeTrue("a subscription, a consumer and a loop try again");
    }

    [Fact]
    public async Task What_fails_fails_as_it_did() =>
        await Should.ThrowAsync<InvalidDataException>(Publishing.InTime(_ => throw new InvalidDataException(), TimeSpan.FromHours(1), default));

    [Fact]
    public async Task A_service_that_stops_is_no_timeout()
    {
        using var stop = new CancellationTokenSource();
        var publishing = Publishing.InTime(limited => Task.Delay(Timeout.Infinite, limited), TimeSpan.FromHours(1), stop.Token);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(publishing);
    }
}
