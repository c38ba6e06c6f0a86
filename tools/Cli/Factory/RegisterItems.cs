using System.Text.Json.Nodes;
using FleetPlatform.Cli.ControlPlane;

namespace FleetPlatform.Cli.Factory;

/// <summary>Asks for devices until each is registered or refused: what passes by itself is asked for again, and the platform registers each item once.</summary>
/// <param name="order">The request without its items.</param>
sealed class RegisterItems(ControlPlaneClient controlPlane, JsonObject order, TimeProvider clock)
{
    const int Attempts = 8;

    /// <returns>One for each, in the order asked.</returns>
    public async Task<RegisteredItem[]> Handle(ItemToRegister[] items, CancellationToken cancellation)
    {
        var answers = new RegisteredItem[items.Length];
        var open = Enumerable.Range(0, items.Length).ToArray();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var given = await controlPlane.RegisterThings(order, open.Select(index => items[index]), cancellation);
                for (var i = 0; i < open.Length; i++) answers[open[i]] = given[i];
                open = [.. open.Where(index => answers[index].IsPassing)];
                if (open.Length == 0 || attempt == Attempts) return answers;
            }
            catch (Exception away) when (attempt < Attempts && IsPassing(away, cancellation))
            {
                // The answer was lost, not what it says.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250 * (1 << Math.Min(attempt, 5))), clock, cancellation);
        }
    }

    static bool IsPassing(Exception failure, CancellationToken cancellation) => failure switch
    {
        RequestRefusedException refused => refused.Name is "ServiceUnavailableException" or "ThrottlingException" or "InternalFailureException",
        HttpRequestException => true,
        TaskCanceledException => !cancellation.IsCancellationRequested, // the client's own timeout
        _ => false,
    };
}
