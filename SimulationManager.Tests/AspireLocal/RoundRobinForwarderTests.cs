using System.Net;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.LocalRuntime;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Logging.Abstractions;

namespace SimulationManager.Tests.AspireLocal;

public sealed class RoundRobinForwarderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Forwarder_takes_the_replicas_in_turn_and_passes_over_one_that_is_away()
    {
        var port = LoopbackPorts.FindFree();
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        var serving = Task.WhenAll(ServeAsync(first, "1"), ServeAsync(second, "2"));
        await using var forwarder = new RoundRobinForwarder(port, NullLogger.Instance);
        forwarder.Add(PortOf(first));
        forwarder.Add(LoopbackPorts.FindFree());
        forwarder.Add(PortOf(second));

        var answers = new List<string>();
        for (var i = 0; i < 6; i++)
            answers.Add(await AskAsync(port, $"hello {i}"));

        Assert.Equal(6, answers.Count(answer => answer.Contains("hello", StringComparison.Ordinal)));
        Assert.Contains(answers, answer => answer.StartsWith('1'));
        Assert.Contains(answers, answer => answer.StartsWith('2'));
        first.Stop();
        second.Stop();
        await serving;
    }

    [Fact]
    public async Task Forwarder_frees_its_port_when_it_is_disposed()
    {
        var port = LoopbackPorts.FindFree();
        var forwarder = new RoundRobinForwarder(port, NullLogger.Instance);

        await forwarder.DisposeAsync();

        LoopbackPorts.EnsureFree(port, "nothing");
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static async Task<string> AskAsync(int port, string question)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(question), Cancellation);
        var answer = new byte[100];
        return Encoding.ASCII.GetString(answer, 0, await stream.ReadAsync(answer, Cancellation));
    }

    private static async Task ServeAsync(TcpListener listener, string name)
    {
        listener.Start();
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(Cancellation);
                var buffer = new byte[100];
                var count = await client.GetStream().ReadAsync(buffer, Cancellation);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(name + Encoding.ASCII.GetString(buffer, 0, count)), Cancellation);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // By the test, between two clients or while it waits for one.
        }
    }
}
