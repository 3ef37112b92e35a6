using System.Diagnostics;
using System.Net.Sockets;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Servers;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Replay.Mqtt;

/// <summary>A mosquitto of a test's own on a free port of this machine, and clients of it that are not ours.</summary>
internal sealed class Mosquitto : Broker
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly string? s_path = new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto" }.FirstOrDefault(File.Exists);

    private readonly TempFolder _folder = new();
    private string _settings;
    private Process? _process;

    private Mosquitto(string settings)
    {
        _settings = settings;
        WriteConfig();
    }

    private string Config => _folder["mosquitto.conf"];

    /// <param name="settings">Lines for its configuration.</param>
    /// <param name="keepsSessions">Whether it keeps what it knows over <see cref="RestartAsync"/>.</param>
    public static async Task<Mosquitto> StartAsync(string settings = "", bool keepsSessions = false)
    {
        Assert.SkipWhen(s_path is null || !HasClients, "mosquitto and its clients are not installed");
        var broker = new Mosquitto(settings);
        if (keepsSessions)
        {
            broker._settings += $"\npersistence true\npersistence_location {broker._folder.Path}/";
            broker.WriteConfig();
        }
        await broker.StartAgainAsync();
        return broker;
    }

    public string PathOf(string name) => _folder[name];

    /// <summary>Starts it, or ends it and starts it again, with its settings as they are now.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is not null) await KillAsync();
        _process = Process.Start(new ProcessStartInfo(s_path!, ["-c", Config]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await Wait.UntilAsync(
            async () =>
            {
                using var probe = new TcpClient();
                try
                {
                    await probe.ConnectAsync("127.0.0.1", Port);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            Limit,
            "mosquitto to listen");
    }

    /// <summary>Ends it at once, as a crash does.</summary>
    public async Task KillAsync()
    {
        await _process!.EndAsync();
        _process = null;
    }

    /// <summary>Ends it in an orderly way and starts it again.</summary>
    public async Task RestartAsync()
    {
        await SignalAsync("TERM");
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
        await StartAgainAsync();
    }

    public Task SignalAsync(string signal) => _process!.SignalAsync(signal);

    /// <summary>Lets only these users in, from the next start on.</summary>
    public void AddUsers(params (string Name, string Password)[] users)
    {
        File.WriteAllLines(PathOf("passwords"), users.Select(user => $"{user.Name}:{user.Password}"));
        using var hash = Process.Start("/usr/bin/mosquitto_passwd", ["-U", PathOf("passwords")]);
        hash.WaitForExit();
        _settings = $"allow_anonymous false\npassword_file {PathOf("passwords")}";
        WriteConfig();
    }

    /// <summary>Encrypts connections and lets in only clients with a certificate, from the next start on.</summary>
    public void Secure(string authority, (string Certificate, string Key) server)
    {
        File.WriteAllText(PathOf("ca.crt"), authority);
        var files = Write("server", server);
        _settings = $"allow_anonymous true\ncafile {PathOf("ca.crt")}\ncertfile {files.Certificate}\nkeyfile {files.Key}\nrequire_certificate true";
        WriteConfig();
    }

    /// <summary>Writes a certificate and its key into files, and returns their paths.</summary>
    public (string Certificate, string Key) Write(string name, (string Certificate, string Key) pem)
    {
        File.WriteAllText(PathOf($"{name}.crt"), pem.Certificate);
        File.WriteAllText(PathOf($"{name}.key"), pem.Key);
        return (PathOf($"{name}.crt"), PathOf($"{name}.key"));
    }

    // As root it would change to a user who cannot read the test's folder.
    private void WriteConfig() => File.WriteAllText(Config, $"user root\nlistener {Port} 127.0.0.1\n{(_settings.Contains("allow_anonymous", StringComparison.Ordinal) ? "" : "allow_anonymous true\n")}{_settings}\n");

    public override async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await SignalAsync("CONT");
            await KillAsync();
        }
        _folder.Dispose();
    }
}

/// <summary>A message that a subscriber got.</summary>
internal sealed record Received(string Topic, int Quality, bool Retained, string Properties, byte[] Payload, int Id)
{
    public string Property(string name) => Properties.Split(' ').Single(property => property.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..];

    /// <summary>Whether its publisher says that it may have been sent before.</summary>
    public bool IsAgain => Properties.Split(' ').Contains("dup:1");
}

/// <summary>A mosquitto_sub, and what it has printed.</summary>
internal sealed class Subscriber : IAsyncDisposable
{
    private const string Probe = "test/probe";

    private readonly Process _process;
    private readonly int _port;
    private readonly List<Received> _received = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Subscriber(int port, string topics, int quality, string[] options)
    {
        _port = port;
        _process = Process.Start(new ProcessStartInfo(
            // Into a pipe it would print only when its buffer is full. mosquitto 2.0.11 at times delivers more than the client's receive maximum, 20 by default,
            // and the client then ends the connection.
            "stdbuf",
            [
                "-oL", "/usr/bin/mosquitto_sub", "-h", "127.0.0.1", "-p", $"{port}", "-V", "5", "-D", "connect", "receive-maximum", "65535",
                "-q", $"{quality}", "-t", topics, "-t", Probe, "-F", "%t|%q|%r|%P|%x|%m", .. options,
            ])
        {
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
    }

    public int Count
    {
        get
        {
            lock (_received) return _received.Count;
        }
    }

    public IReadOnlyList<Received> Messages
    {
        get
        {
            lock (_received) return [.. _received];
        }
    }

    public async Task ReadyAsync()
    {
        while (!_ready.Task.IsCompleted)
        {
            using var probe = Process.Start("/usr/bin/mosquitto_pub", ["-h", "127.0.0.1", "-p", $"{_port}", "-t", Probe, "-m", "x"]);
            await probe.WaitForExitAsync();
            await Task.WhenAny(_ready.Task, Task.Delay(50));
        }
    }

    public Task UntilAsync(Func<IReadOnlyList<Received>, bool> condition, string what) => Wait.UntilAsync(() => condition(Messages), TimeSpan.FromSeconds(90), what);

    public async ValueTask DisposeAsync() => await _process.EndAsync();

    private void Keep(string? line)
    {
        try
        {
            if (line is not null) Take(line);
        }
        catch (Exception exception) when (exception is FormatException or IndexOutOfRangeException)
        {
            // Half a line: it was killed while it wrote. An exception here would end the test process.
        }
    }

    private void Take(string line)
    {
        var parts = line.Split('|');
        if (parts[0] == Probe)
        {
            _ready.TrySetResult();
            return;
        }
        lock (_received) _received.Add(new Received(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), parts[2] == "1", parts[3], Convert.FromHexString(parts[4]), int.Parse(parts[5], System.Globalization.CultureInfo.InvariantCulture)));
    }
}
