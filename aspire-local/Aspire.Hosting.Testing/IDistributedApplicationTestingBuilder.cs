namespace Aspire.Hosting.Testing;

/// <summary>An application that a test changes before it is built.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <exception cref="InvalidOperationException">The application has been built already.</exception>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}
