using System.Text.Json;

namespace SimulationManager.Replay.Vda5050;

/// <summary>
/// One agent as a VDA 5050 vehicle: what it publishes as its recording plays, and how it answers orders and instant actions. It has no
/// network, no thread and no clock: the caller passes the time, sends what methods add to their <c>output</c>, and calls
/// <see cref="Tick"/> when <see cref="NextDue"/> says so. Not for several threads at once. What is said on which topic and what a
/// replayed robot cannot do is in docs/wire.md.
/// </summary>
public sealed class Vda5050Vehicle
{
    /// <summary>Seconds; a day, so that rates next to 0 do not overflow times.</summary>
    private const double LongestVisualizationInterval = 86_400;

    private readonly Vda5050Options _options;
    private readonly VehicleStatus _status;
    private readonly VehicleMovement _movement;
    private readonly OrderReceiver _orders;
    private readonly InstantActionReceiver _instantActions;
    private readonly string _connectionTopic, _stateTopic, _visualizationTopic, _factsheetTopic, _orderTopic, _instantActionsTopic;
    private readonly TimeSpan _visualizationInterval;

    private uint _connectionId, _stateId, _visualizationId, _factsheetId;
    private bool _isConnected;
    private bool _hasNews;
    private DateTimeOffset _stateAt = DateTimeOffset.MinValue;
    private DateTimeOffset _visualizationDue = DateTimeOffset.MaxValue;

    /// <summary>Creates a vehicle that is not connected and has no order.</summary>
    /// <param name="options">How it appears.</param>
    /// <exception cref="ArgumentException">The options are not valid (<see cref="Vda5050Options.FindProblem"/>).</exception>
    public Vda5050Vehicle(Vda5050Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.FindProblem() is { } problem) throw new ArgumentException(problem, nameof(options));
        _options = options;
        _status = new VehicleStatus { Charge = options.DefaultCharge };
        _movement = new VehicleMovement(options, _status);
        _orders = new OrderReceiver(options, _status);
        _instantActions = new InstantActionReceiver(options, _status);
        var prefix = $"{options.InterfaceName}/{ProtocolNames.Of(options.Version).Major}/{options.Manufacturer}/{options.SerialNumber}/";
        (_connectionTopic, _stateTopic, _visualizationTopic) = (prefix + "connection", prefix + "state", prefix + "visualization");
        (_factsheetTopic, _orderTopic, _instantActionsTopic) = (prefix + "factsheet", prefix + "order", prefix + "instantActions");
        if (options.VisualizationRate > 0) _visualizationInterval = TimeSpan.FromSeconds(Math.Min(1 / options.VisualizationRate, LongestVisualizationInterval));
        Subscriptions = [_orderTopic, _instantActionsTopic];
    }

    /// <summary>The topics that it listens to, with QoS 0.</summary>
    public IReadOnlyList<string> Subscriptions { get; }

    /// <summary>Whether it was paused by <c>startPause</c>.</summary>
    public bool IsPaused => _status.IsPaused;

    /// <summary>When <see cref="Tick"/> is to be called next, if nothing else is called before; <see cref="DateTimeOffset.MaxValue"/> while it is not connected.</summary>
    public DateTimeOffset NextDue
    {
        get
        {
            if (!_isConnected) return DateTimeOffset.MaxValue;
            var due = _stateAt + (_hasNews ? _options.MinStateInterval : _options.StateInterval);
            if (_visualizationDue < due) due = _visualizationDue;
            return _movement.NextDue < due ? _movement.NextDue : due;
        }
    }

    /// <summary>The Last Will to connect with: <c>connection</c> with CONNECTIONBROKEN, or CONNECTION_BROKEN in 3.0.0. Made anew for each connection.</summary>
    /// <param name="now">The time, UTC.</param>
    public VehicleMessage LastWill(DateTimeOffset now) =>
        // It follows the ONLINE that comes next.
        Connection(_connectionId + (_isConnected ? 2u : 1u), now, ProtocolNames.Of(_options.Version).ConnectionBroken);

    /// <summary>The vehicle has connected, for the first time or again: ONLINE, the factsheet and the state.</summary>
    /// <param name="now">The time, UTC.</param>
    /// <param name="output">Takes the messages to publish.</param>
    public void Connected(DateTimeOffset now, ICollection<VehicleMessage> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        // A connection that was not ended was lost: the broker has sent the Last Will.
        if (_isConnected) _connectionId++;
        _isConnected = true;
        output.Add(Connection(_connectionId++, now, "ONLINE"));
        AddFactsheet(now, output);
        AddState(now, output);
        if (_status.IsLocalized) BeginVisualization(now);
        Publish(now, output);
    }

    /// <summary>The vehicle is about to disconnect in an orderly way: OFFLINE. Nothing follows until <see cref="Connected"/>.</summary>
    /// <param name="now">The time, UTC.</param>
    /// <param name="output">Takes the messages to publish.</param>
    public void Disconnecting(DateTimeOffset now, ICollection<VehicleMessage> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!_isConnected) return;
        output.Add(Connection(_connectionId++, now, "OFFLINE"));
        _isConnected = false;
    }

    /// <summary>Takes what a message of the recording said of the vehicle's movement (<see cref="VehicleReader.Read"/>).</summary>
    /// <param name="motion">The movement; of it, the parts that were updated.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="output">Takes the messages that are due.</param>
    public void Observe(in VehicleMotion motion, DateTimeOffset now, ICollection<VehicleMessage> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var (before, wasLocalized) = (_status.Pose, _status.IsLocalized);
        _hasNews |= _movement.Observe(motion, now);
        if (_status.IsLocalized)
        {
            if (!wasLocalized)
            {
                _hasNews = true;
                before = _status.Pose;
                BeginVisualization(now);
            }
            _hasNews |= _orders.Follow(before, _status.Pose);
        }
        Publish(now, output);
    }

    /// <summary>Time has passed.</summary>
    /// <param name="now">The time, UTC.</param>
    /// <param name="output">Takes the messages that are due.</param>
    public void Tick(DateTimeOffset now, ICollection<VehicleMessage> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _hasNews |= _movement.Tick(now);
        Publish(now, output);
    }

    /// <summary>Takes a message that the vehicle was sent. Whatever it holds, it is answered in the state, not by an exception.</summary>
    /// <param name="topic">The topic; others than those of <see cref="Subscriptions"/> are passed over.</param>
    /// <param name="payload">JSON, or whatever came.</param>
    /// <param name="now">The time, UTC.</param>
    /// <param name="output">Takes the messages that are due. The state follows within <see cref="Vda5050Options.MinStateInterval"/>.</param>
    /// <returns>What the agent is to do. The state tells at once that it is done.</returns>
    public VehicleCommand Receive(string topic, ReadOnlySpan<byte> payload, DateTimeOffset now, ICollection<VehicleMessage> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var wasPaused = _status.IsPaused;
        if (topic == _orderTopic)
        {
            _hasNews |= _orders.Receive(payload);
        }
        else if (topic == _instantActionsTopic)
        {
            if (_instantActions.Receive(payload) && _isConnected) AddFactsheet(now, output);
            _hasNews = true;
        }
        Tick(now, output);
        return _status.IsPaused == wasPaused ? VehicleCommand.None : _status.IsPaused ? VehicleCommand.Pause : VehicleCommand.Resume;
    }

    /// <summary>What the vehicle must know to go on on another machine: its order and how far that is, its instant actions, whether it is paused.</summary>
    public byte[] Save() => JsonSerializer.SerializeToUtf8Bytes(
        new VehicleCheckpoint
        {
            Version = _options.Version,
            IsPaused = _status.IsPaused,
            ConnectionId = _connectionId + (_isConnected ? 1u : 0u),
            StateId = _stateId,
            VisualizationId = _visualizationId,
            FactsheetId = _factsheetId,
            Order = _status.Order,
            InstantActions = _status.InstantActions.All,
        },
        Vda5050Json.Default.VehicleCheckpoint);

    /// <summary>Continues where another vehicle with the same options was. To be called before the first connection.</summary>
    /// <param name="checkpoint">What <see cref="Save"/> gave.</param>
    /// <returns>False if it cannot be read, or is of another release of the standard: the vehicle then begins without an order.</returns>
    public bool Restore(ReadOnlySpan<byte> checkpoint)
    {
        VehicleCheckpoint? saved;
        try
        {
            saved = JsonSerializer.Deserialize(checkpoint, Vda5050Json.Default.VehicleCheckpoint);
        }
        catch (JsonException)
        {
            return false;
        }
        if (saved is null || saved.Version != _options.Version) return false;
        (_connectionId, _stateId, _visualizationId, _factsheetId) = (saved.ConnectionId, saved.StateId, saved.VisualizationId, saved.FactsheetId);
        _status.IsPaused = saved.IsPaused;
        _status.Order = saved.Order;
        foreach (var action in saved.InstantActions) _status.InstantActions.Add(action);
        return true;
    }

    private void BeginVisualization(DateTimeOffset now)
    {
        if (_options.VisualizationRate > 0) _visualizationDue = now;
    }

    private void Publish(DateTimeOffset now, ICollection<VehicleMessage> output)
    {
        if (!_isConnected) return;
        // A clock that was set back must not silence the vehicle until it has caught up.
        if (now < _stateAt || now - _stateAt >= (_hasNews ? _options.MinStateInterval : _options.StateInterval)) AddState(now, output);
        if (_visualizationDue == DateTimeOffset.MaxValue || (now < _visualizationDue && _visualizationDue - now <= _visualizationInterval)) return;
        output.Add(new VehicleMessage(
            _visualizationTopic, MotionJson.WriteVisualization(_options, _visualizationId++, now, _stateId - 1, _status), QualityOfService: 0, Retain: false));
        // From due time to due time, so that the rate holds; what was missed is not made up for.
        _visualizationDue += _visualizationInterval;
        if (_visualizationDue <= now || _visualizationDue - now > _visualizationInterval) _visualizationDue = now + _visualizationInterval;
    }

    private void AddState(DateTimeOffset now, ICollection<VehicleMessage> output)
    {
        output.Add(new VehicleMessage(_stateTopic, StateJson.Write(_options, _stateId++, now, _status), QualityOfService: 0, Retain: false));
        _stateAt = now;
        _hasNews = false;
    }

    private void AddFactsheet(DateTimeOffset now, ICollection<VehicleMessage> output) =>
        output.Add(new VehicleMessage(_factsheetTopic, FactsheetJson.Write(_options, _factsheetId++, now), QualityOfService: 0, Retain: true));

    private VehicleMessage Connection(uint headerId, DateTimeOffset now, string state) =>
        new(_connectionTopic, ConnectionJson.Write(_options, headerId, now, state), QualityOfService: 1, Retain: true);
}
