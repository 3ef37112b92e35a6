using Aspire.Hosting.LocalRuntime;

namespace SimulationManager.Tests.AspireLocal.Runtime;

/// <summary>Data folders that are not as they should be.</summary>
public sealed class PostgresDataTests : IAsyncLifetime
{
    private readonly RuntimeFixture _fixture = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_fixture.Root, "volumes", "tests", "data");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Lock_of_a_crashed_server_does_not_stop_the_next_even_if_its_number_is_in_use()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Postgres, "native");
        var first = await session.RealiseAsync(request, Cancel);
        await NativeServerTests.ExecuteAsync(request, "create table kept (word text); insert into kept values ('here')");
        await first.Launched.StopAsync(TimeSpan.Zero, Cancel);
        var other = await session.LaunchAsync(_fixture.Shell("sleep 60") with { DropRoot = true, WorkingDirectory = "/" }, Cancel);
        await File.WriteAllTextAsync(Path.Combine(Folder, "postmaster.pid"), $"{other.ProcessId}\n{Folder}\n0\n{request.Ports[0].HostPort}\n\n127.0.0.1\n0 0\nready\n", Cancel);

        await session.RealiseAsync(request, Cancel);

        Assert.Equal("here", await NativeServerTests.ExecuteAsync(request, "select word from kept"));
    }

    [Theory]
    [InlineData("global/pg_control")]
    [InlineData("PG_VERSION")]
    public async Task Folder_without_an_essential_file_is_named_and_left_alone(string file)
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Postgres, "native");
        await (await session.RealiseAsync(request, Cancel)).Launched.DisposeAsync();
        File.Delete(Path.Combine(Folder, file));
        var files = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Count();

        var failed = await Assert.ThrowsAsync<RealisationException>(() => session.RealiseAsync(request, Cancel));

        Assert.Contains(Folder, failed.Message, StringComparison.Ordinal);
        Assert.Contains("move it away", failed.Message, StringComparison.Ordinal);
        Assert.Equal(files, Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public async Task Damaged_control_file_gives_the_servers_own_words_and_the_folder()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Postgres, "native");
        await (await session.RealiseAsync(request, Cancel)).Launched.DisposeAsync();
        var control = Path.Combine(Folder, "global", "pg_control");
        await File.WriteAllBytesAsync(control, new byte[new FileInfo(control).Length], Cancel);

        var failed = await Assert.ThrowsAsync<RealisationException>(() => session.RealiseAsync(request, Cancel));

        Assert.Contains(Folder, failed.Message, StringComparison.Ordinal);
        Assert.Matches("FATAL|PANIC", failed.Message);
    }

    [Fact]
    public async Task Data_of_another_major_version_is_refused_and_left_alone()
    {
        var session = await _fixture.OpenAsync();
        Directory.CreateDirectory(Path.Combine(Folder, "global"));
        await File.WriteAllTextAsync(Path.Combine(Folder, "PG_VERSION"), "9\n", Cancel);
        await File.WriteAllTextAsync(Path.Combine(Folder, "global", "pg_control"), "", Cancel);

        var failed = await Assert.ThrowsAsync<RealisationException>(() => session.RealiseAsync(_fixture.Server(ServerKind.Postgres, "native"), Cancel));

        Assert.Contains("written by PostgreSQL 9", failed.Message, StringComparison.Ordinal);
        Assert.Contains(Folder, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_that_is_not_the_datas_is_said_so()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Postgres, "native");
        await (await session.RealiseAsync(request, Cancel)).Launched.DisposeAsync();

        var failed = await Assert.ThrowsAsync<RealisationException>(() => session.RealiseAsync(request with { Password = "another" }, Cancel));

        Assert.Contains("another user name or password", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(request.Password, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taken_port_names_the_process_that_holds_it()
    {
        var session = await _fixture.OpenAsync();
        var request = _fixture.Server(ServerKind.Redis, "native");
        var holder = await session.RealiseAsync(request, Cancel);

        var failed = await Assert.ThrowsAsync<RealisationException>(() => session.RealiseAsync(_fixture.Server(ServerKind.Redis, "native", "other") with { Ports = request.Ports }, Cancel));

        Assert.Contains($"Port {request.Ports[0].HostPort} is already in use by process {holder.Launched.ProcessId}", failed.Message, StringComparison.Ordinal);
    }
}
