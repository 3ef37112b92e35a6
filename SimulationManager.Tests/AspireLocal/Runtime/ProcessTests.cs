namespace SimulationManager.Tests.AspireLocal.Runtime;

public sealed class ProcessTests : IAsyncLifetime
{
    private readonly RuntimeFixture _fixture = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Launch_hands_on_lines_of_both_streams_and_the_exit_code()
    {
        var session = await _fixture.OpenAsync();

        var launched = await session.LaunchAsync(_fixture.Shell("echo one; echo two >&2; printf three; exit 7"), TestContext.Current.CancellationToken);

        Assert.Equal(7, await launched.Exited);
        Assert.Equal(["one", "three", "two"], _fixture.Output.Order());
    }
}
