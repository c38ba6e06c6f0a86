namespace Aspire.Hosting;

/// <summary>A wrong graph, or a graph that cannot run here; the message names the resource and what to do.</summary>
sealed class DistributedApplicationException : Exception
{
    public DistributedApplicationException(string message) : base(message)
    {
    }

    public DistributedApplicationException(string message, Exception inner) : base(message, inner)
    {
    }

    public DistributedApplicationException()
    {
    }
}
