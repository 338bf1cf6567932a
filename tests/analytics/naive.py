"""The contract's rules in plain Python over plain rows: slow, and obvious."""

import statistics
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
ESCALATED = {"escalated", "requesting_escalation"}


def _percent(part: int, whole: int) -> float:
    return round(part / whole * 100, 1) if whole else 0.0


def _mean_minutes(sessions: list[Row]) -> float:
    """Exact until it is rounded, so that a mean that lies between two decimals is the same however it is added."""
    total = sum((session["resolved_at"] - session["created_at"] for session in sessions), timedelta())
    return round(float(Fraction(total // timedelta(microseconds=1), 60_000_000 * len(sessions))), 1)


def _most_first(groups: dict[str, list[Row]]) -> list[tuple[str, list[Row]]]:
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


class World:
    """One account's rows, with the contract's figures for a window."""

    def __init__(self, rows: dict[str, list[Row]], start: datetime, now: datetime, zone: str) -> None:
        self.rows, self.start, self.now, self.zone = rows, start, now, ZoneInfo(zone)
        self.sessions = self._in_window("ai_sessions", "created_at")
        self.resolved = [session for session in self.sessions if session["status"] == "resolved"]
        self.timed = [session for session in self.resolved if session["resolved_at"]]

    def _in_window(self, table: str, column: str) -> list[Row]:
        return [row for row in self.rows[table] if row[column] and self.start <= row[column] <= self.now]

    def _by_domain(self) -> list[tuple[str, list[Row]]]:
        groups: dict[str, list[Row]] = defaultdict(list)
        for session in self.sessions:
            if session["problem_domain"] is not None:
                groups[session["problem_domain"]].append(session)
        return _most_first(groups)

    def _flow_count(self, domain: str) -> int:
        shelves = {row["id"]: row["name"].lower() for row in self.rows["tree_categories"]}
        return sum(shelves.get(flow["category_id"]) == domain.lower() for flow in self._usable_flows())

    def _usable_flows(self) -> list[Row]:
        return [flow for flow in self.rows["trees"] if flow["is_active"] and flow["deleted_at"] is None]

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).date().isoformat()

    def _time_entries(self) -> list[Row]:
        entries = self._in_window("psa_activity_logs", "created_at")
        return [entry for entry in entries if entry["activity_type"] == "time_entry_posted"]

    def dashboard(self) -> Row:
        by_day: dict[str, list[Row]] = defaultdict(list)
        for session in self.timed:
            by_day[self._day(session["resolved_at"])].append(session)
        ended = [session for session in self.sessions if session["resolved_at"]]
        ratings = [session["session_rating"] for session in self.sessions if session["session_rating"]]
        status = Counter(session["status"] for session in self.sessions)
        return {
            "total_sessions": len(self.sessions),
            "resolved_sessions": status["resolved"],
            "escalated_sessions": sum(status[name] for name in ESCALATED),
            "abandoned_sessions": status["abandoned"],
            "resolution_rate": _percent(status["resolved"], len(self.sessions)),
            "avg_steps_to_resolution": round(statistics.fmean(s["step_count"] for s in self.resolved), 1)
            if self.resolved
            else 0.0,
            "avg_session_duration_minutes": _mean_minutes(ended) if ended else 0.0,
            "avg_rating": round(statistics.fmean(ratings), 2) if ratings else None,
            "mttr_minutes": _mean_minutes(self.timed) if self.timed else None,
            "mttr_trend": [
                {
                    "date": day,
                    "mttr_minutes": _mean_minutes(by_day[day]),
                    "session_count": len(by_day[day]),
                }
                for day in sorted(by_day)
            ],
            "sessions_by_domain": [
                {
                    "domain": domain,
                    "total": len(group),
                    "resolved": sum(s["status"] == "resolved" for s in group),
                    "escalated": sum(s["status"] in ESCALATED for s in group),
                    "resolution_rate": _percent(sum(s["status"] == "resolved" for s in group), len(group)),
                }
                for domain, group in self._by_domain()
            ],
            "confidence_breakdown": self._confidence(),
            "knowledge_coverage": self._knowledge(),
            "psa_metrics": self._psa(),
        }

    def _confidence(self) -> Row:
        found: Row = {}
        for tier in ("guided", "exploring", "discovery"):
            group = [s for s in self.sessions if s["confidence_tier"] == tier]
            group = [s for s in group if s["status"] in ESCALATED | {"resolved"}]
            found[f"{tier}_sessions"] = len(group)
            found[f"{tier}_resolution_rate"] = _percent(sum(s["status"] == "resolved" for s in group), len(group))
        return found

    def _knowledge(self) -> Row:
        reviewed = Counter(row["status"] for row in self._in_window("flow_proposals", "reviewed_at"))
        flows = self.rows["trees"]
        return {
            "total_flows": len(flows),
            "ai_generated_flows": sum(flow["origin"] in {"ai_generated", "ai_enhanced"} for flow in flows),
            "total_proposals_pending": sum(row["status"] == "pending" for row in self.rows["flow_proposals"]),
            "proposals_approved_this_period": reviewed["approved"] + reviewed["modified"],
            "proposals_rejected_this_period": reviewed["rejected"],
            "coverage_by_domain": [
                {
                    "domain": domain,
                    "flow_count": self._flow_count(domain),
                    "session_count": len(group),
                    "guided_rate": _percent(sum(s["confidence_tier"] == "guided" for s in group), len(group)),
                }
                for domain, group in self._by_domain()
            ],
        }

    def _psa(self) -> Row | None:
        linked = sum(session["psa_ticket_id"] is not None for session in self.sessions)
        if not linked:
            return None
        pushes = self._in_window("psa_post_logs", "posted_at")
        pushed = [push for push in pushes if push["status"] == "success"]
        entries = self._time_entries()
        return {
            "ticket_link_rate": _percent(linked, len(self.sessions)),
            "auto_push_success_rate": _percent(len(pushed), len(pushes)),
            "auto_push_retry_success_rate": _percent(sum(p["retry_count"] > 0 for p in pushed), len(pushes)),
            "total_time_entries_logged": len(entries),
            "total_hours_logged": round(float(sum(entry["hours_logged"] for entry in entries)), 2),
        }

    def coverage(self) -> Row:
        domains = self._by_domain()
        return {
            "domains": [
                {
                    "domain": domain,
                    "flow_count": self._flow_count(domain),
                    "session_count": len(group),
                    "resolution_rate": round(sum(s["status"] == "resolved" for s in group) / len(group), 4),
                    "escalation_rate": round(sum(s["status"] in ESCALATED for s in group) / len(group), 4),
                    "guided_rate": round(sum(s["confidence_tier"] == "guided" for s in group) / len(group), 4),
                    "avg_resolution_minutes": _mean_minutes(timed)
                    if (timed := [s for s in group if s in self.timed])
                    else None,
                }
                for domain, group in domains
            ],
            "unmapped_session_count": sum(s["problem_domain"] is None for s in self.sessions),
            "total_domains": len(domains),
        }

    def flow_quality(self, sort: str) -> Row:
        by_name = [self._flow(flow) for flow in sorted(self._usable_flows(), key=lambda flow: flow["name"])]
        key = {"quality": "quality_score", "usage": "usage_count", "success_rate": "success_rate"}[sort]
        flows = sorted(by_name, key=lambda flow: -1 if flow[key] is None else flow[key], reverse=True)
        used = [flow for flow in by_name if flow["usage_count"]]
        return {
            "flows": flows,
            "top_performers": sorted(used, key=lambda flow: flow["quality_score"], reverse=True)[:5],
            "needs_attention": [
                flow
                for flow in flows
                if flow["usage_count"]
                and (
                    flow["success_rate"] < 0.5 or (self.now - flow["last_matched_at"]).total_seconds() > 30 * 86400
                )
            ],
        }

    def _flow(self, flow: Row) -> Row:
        mine = [s for s in self.sessions if s["matched_flow_id"] == flow["id"]]
        ever = [s["created_at"] for s in self.rows["ai_sessions"] if s["matched_flow_id"] == flow["id"]]
        found: Row = {
            "flow_id": str(flow["id"]),
            "name": flow["name"],
            "tree_type": flow["tree_type"],
            "usage_count": len(mine),
            "success_rate": None,
            "last_matched_at": max(ever, default=None),
            "avg_confidence": None,
            "quality_score": 0.0,
        }
        if mine:
            success = sum(s["status"] == "resolved" for s in mine) / len(mine)
            guided = sum(s["confidence_tier"] == "guided" for s in mine) / len(mine)
            days = (self.now - max(ever)).total_seconds() / 86400
            recency = min(1.0, max(0.0, 1 - days / 90))
            found["success_rate"] = round(success, 4)
            found["avg_confidence"] = round(guided, 4)
            found["quality_score"] = round(0.5 * success + 0.3 * guided + 0.2 * recency, 4)
        return found

    def psa_metrics(self) -> Row:
        entries = self._time_entries()
        by_day: dict[str, list[Decimal]] = defaultdict(list)
        for entry in entries:
            by_day[self._day(entry["created_at"])].append(entry["hours_logged"])
        hours = float(sum(entry["hours_logged"] for entry in entries))
        posts = self._in_window("psa_post_logs", "posted_at")
        return {
            "total_time_entries": len(entries),
            "total_hours_logged": round(hours, 2),
            "avg_hours_per_session": round(hours / len(entries), 2) if entries else 0.0,
            "push_funnel": {
                "total_sessions": len(self.sessions),
                "linked_to_ticket": sum(s["psa_ticket_id"] is not None for s in self.sessions),
                "doc_pushed": len({post["ai_session_id"] for post in posts if post["status"] == "success"}),
                "time_entry_logged": len({entry["session_id"] for entry in entries} - {None}),
            },
            "daily_trend": [
                {"date": day, "entries": len(by_day[day]), "hours": round(float(sum(by_day[day])), 2)}
                for day in sorted(by_day)
            ],
        }

    def escalations(self) -> Row:
        claimed = self._in_window("session_handoffs", "claimed_at")
        waits = []
        for handoff in claimed:
            steps = [step for step in self.rows["ai_session_steps"] if step["session_id"] == handoff["session_id"]]
            after = [step["created_at"] for step in steps if step["created_at"] > handoff["claimed_at"]]
            if after:
                waits.append((min(after) - handoff["claimed_at"]).total_seconds())
        waits.sort()
        n = len(waits)
        return {
            "n_handoffs_claimed": len(claimed),
            "n_handoffs_with_action": n,
            "avg_seconds_to_first_action": round(statistics.fmean(waits), 2) if n else None,
            "median_seconds_to_first_action": round(statistics.median(waits), 2) if n else None,
            "p95_seconds_to_first_action": round(waits[round(0.95 * (n - 1))], 2) if n else None,
        }
