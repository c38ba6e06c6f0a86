using FleetPlatform.MqttGateway.Provisioning;
using FleetPlatform.MqttGateway.Tests.Kit;

namespace FleetPlatform.MqttGateway.Tests.Provisioning;

public sealed class RequestLineTests
{
    [Fact]
    public async Task Answers_leave_in_the_order_their_requests_came()
    {
        var line = new RequestLine(outstanding: 8, rejections: 0);
        var answers = Enumerable.Range(0, 5).Select(_ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        var left = new List<int>();
        foreach (var answer in answers)
        {
            line.Enter().ShouldBe(Place.Served);
            line.Leave(answer.Task, left.Add);
        }

        foreach (var i in new[] { 3, 1, 4, 2 }) answers[i].SetResult(i);
        left.ShouldBeEmpty();
        answers[0].SetResult(0);

        await Eventually.Is(() => left.Count == 5);
        left.ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public async Task It_is_bounded_and_opens_again()
    {
        var line = new RequestLine(outstanding: 2, rejections: 1);
        var first = new TaskCompletionSource<int>();
        line.Enter().ShouldBe(Place.Served);
        line.Leave(first.Task, _ => { });
        line.Enter().ShouldBe(Place.Served);
        line.Leave(Task.FromResult(0), _ => { });
        line.Enter().ShouldBe(Place.Rejected);
        line.Leave(Task.FromResult(0), _ => { });
        line.Enter().ShouldBe(Place.Flooded);
        line.Enter().ShouldBe(Place.Flooded);

        first.SetResult(0);
        await Eventually.Is(() => line.Enter() == Place.Served);
    }
}
