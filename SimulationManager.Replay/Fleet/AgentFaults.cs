namespace SimulationManager.Replay;

/// <summary>A message between the engine and the sinks.</summary>
/// <param name="SendAt">When it goes out, in nanoseconds of the engine's clock.</param>
/// <param name="DueAt">When it was due.</param>
/// <param name="Index">Its index in the timeline.</param>
/// <param name="Repeat">The pass.</param>
/// <param name="Copies">How many times it goes out.</param>
internal readonly record struct HeldMessage(long SendAt, long DueAt, int Index, int Repeat, int Copies = 1);

/// <summary>What goes wrong with one agent's messages after the engine has put them out and before sinks get them. For the agent's lane alone.</summary>
/// <param name="planned">The faults of the plan that the agent meets, in their order.</param>
/// <param name="agent">Its number.</param>
internal sealed class AgentFaults(ReadyFault[] planned, long agent)
{
    /// <summary>Messages that are held at most; what is to be delayed beyond them goes out at once.</summary>
    private const int MaxHeld = 4096;

    /// <summary>Those of the plan, then those that are injected.</summary>
    private MetFault[] _faults = Array.ConvertAll(planned, fault => new MetFault(fault, fault.DiceOf(agent), Since: 0));

    /// <summary>Delayed messages, the next one last.</summary>
    private HeldMessage[] _held = [];
    private int _heldCount;
    private HeldMessage? _swapped;
    private long _cutUntil = long.MinValue;

    /// <summary>What it has met, here and where the agent played before.</summary>
    public FaultCounts Counts { get; set; }

    /// <summary>Where the agent was when injected faults reached it, of those that count from there.</summary>
    public FaultStart[] Starts { get; set; } = [];

    /// <summary>When a message that is held has to go out.</summary>
    public long NextSend => _heldCount == 0 ? ReplayAgent.Never : _held[_heldCount - 1].SendAt;

    /// <summary>What is held back, in the order in which it goes out.</summary>
    public IEnumerable<HeldMessage> Held
    {
        get
        {
            if (_swapped is { } swapped) yield return swapped;
            for (var place = _heldCount - 1; place >= 0; place--) yield return _held[place];
        }
    }

    /// <summary>Whether the agent puts out nothing at all.</summary>
    /// <param name="played">Nanoseconds of the bag that it has played.</param>
    public bool AreSilentAt(long played)
    {
        foreach (var met in _faults)
        {
            if (met.Ready.Fault is { Kind: FleetFaultKind.Disconnect } or { Kind: FleetFaultKind.Freeze, Topics: null } && met.LeftAt(played) > 0) return true;
        }
        return false;
    }

    /// <summary>Replaces the injected faults. What is held stays so; those that the agent has met before go on.</summary>
    /// <param name="of">The agent.</param>
    /// <param name="injected">Those that it meets, in their order.</param>
    /// <param name="played">Nanoseconds of the bag that it has played, from which new ones count.</param>
    /// <param name="now">Now.</param>
    public void Inject(ReplayAgent of, ReadyFault[] injected, long played, long now)
    {
        _faults =
        [
            .. planned.Select(fault => new MetFault(fault, fault.DiceOf(agent), Since: 0)),
            .. injected.Select(fault => new MetFault(fault, fault.DiceOf(agent), SinceOf(fault.Injection!, played))),
        ];
        Starts = [.. _faults.Where(met => met.Ready is { LastsAWhile: true, Injection: not null }).Select(met => new FaultStart(met.Ready.Injection!.Place, met.Ready.Injection.Epoch, met.Since))];
        if (_cutUntil <= now || _faults.Any(met => met.Ready.Fault.Kind == FleetFaultKind.Disconnect && met.LeftAt(played) > 0)) return;
        // Nothing cuts it off any more.
        _cutUntil = of.CutOff(now, forBagTime: 0);
    }

    /// <summary>Sends a message as the faults let it.</summary>
    /// <param name="of">The agent.</param>
    /// <param name="message">The message, which would go out now.</param>
    /// <param name="topic">Its topic in the timeline.</param>
    /// <param name="played">Nanoseconds of the bag that the agent has played before it.</param>
    public void Meet(ReplayAgent of, HeldMessage message, int topic, long played)
    {
        // A step while it is paused is waited for.
        var mayWait = of.State != AgentState.Paused;
        var (delay, isSwapped) = (0L, false);
        foreach (ref readonly var met in _faults.AsSpan())
        {
            var fault = met.Ready.Fault;
            if (!met.Ready.HasTopic(topic)) continue;
            if (met.Ready.LastsAWhile)
            {
                if (met.LeftAt(played) is not (> 0 and var left)) continue;
                if (fault.Kind == FleetFaultKind.Disconnect && message.SendAt >= _cutUntil) _cutUntil = of.CutOff(message.SendAt, left);
                Counts = Counts.Plus(fault.Kind);
                return;
            }
            if (met.Dice.Roll(message.Repeat, message.Index) >= fault.Rate) continue;
            switch (fault.Kind)
            {
                case FleetFaultKind.Drop:
                    Counts = Counts.Plus(fault.Kind);
                    return;
                case FleetFaultKind.Duplicate:
                    message = message with { Copies = message.Copies + 1 };
                    break;
                case FleetFaultKind.Delay when mayWait && _heldCount < MaxHeld:
                    delay += ReplayTimeline.PositionAt(fault.Delay);
                    break;
                case FleetFaultKind.Reorder when mayWait:
                    isSwapped = true;
                    break;
            }
        }
        // What is lost counts as that alone.
        Counts += new FaultCounts(0, delay > 0 ? 1 : 0, message.Copies - 1, 0, 0, 0);
        if (delay > 0) Hold(message with { SendAt = message.DueAt + delay });
        else Send(of, message, isSwapped);
    }

    /// <summary>Sends the delayed message whose time has come.</summary>
    public void SendNext(ReplayAgent of, long now) => Send(of, _held[--_heldCount], now);

    /// <summary>Sends all that is held.</summary>
    public void SendAll(ReplayAgent of, long now)
    {
        if (_swapped is { } swapped) Send(of, swapped, now);
        _swapped = null;
        while (_heldCount > 0) SendNext(of, now);
    }

    private void Send(ReplayAgent of, in HeldMessage message, bool isSwapped)
    {
        if (isSwapped && _swapped is null)
        {
            _swapped = message;
            return;
        }
        Send(of, message, message.SendAt);
        if (_swapped is not { } waiting) return;
        _swapped = null;
        Counts = Counts.Plus(FleetFaultKind.Reorder);
        Send(of, waiting, message.SendAt);
    }

    private static void Send(ReplayAgent of, in HeldMessage message, long now)
    {
        for (var copy = 0; copy < message.Copies; copy++) of.Send(message.Index, message.Repeat, message.DueAt, now);
    }

    private long SinceOf(FaultInjection injection, long played)
    {
        foreach (var start in Starts)
        {
            if ((start.Place, start.Epoch) == (injection.Place, injection.Epoch)) return start.Played;
        }
        return played;
    }

    private void Hold(in HeldMessage message)
    {
        if (_heldCount == _held.Length) Array.Resize(ref _held, Math.Max(16, _heldCount * 2));
        // Delays of one fault end in the order of the messages: the place is near the start.
        var place = 0;
        while (place < _heldCount && _held[place].SendAt > message.SendAt) place++;
        Array.Copy(_held, place, _held, place + 1, _heldCount - place);
        _held[place] = message;
        _heldCount++;
    }

    /// <param name="Ready">The fault.</param>
    /// <param name="Dice">What it draws.</param>
    /// <param name="Since">Nanoseconds of the bag that the agent had played when it began to count.</param>
    private readonly record struct MetFault(ReadyFault Ready, AgentDice Dice, long Since)
    {
        public long LeftAt(long played) => Ready.Fault.LeftAt(played - Since);
    }
}
